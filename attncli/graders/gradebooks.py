"""Gradebooks as CSV: a header, and a line for each sheet or each student."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.files import open_text
from attncli.graders.feedback import late_line, row_lines, score_line
from attncli.graders.records import (
    GOOD,
    Written,
    is_unreadable,
    late_penalty,
    raw_score,
    records,
    share,
    student_of,
    student_view,
)
from attncli.homework.marks import Verdict, rounded
from attncli.homework.student import folded
from attncli.language import _, plural
from attncli.untrusted import in_csv, in_markup, sanitize

if TYPE_CHECKING:
    from attncli.graders.records import Course, Person, Record


NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "    Points Possible"
BYTE_ORDER_MARK = "\ufeff"
MOST_NAMED = 10  # students that a note names one by one


def write_table(
    path: Path, header: Sequence[str], lines: Iterable[Sequence[object]], separator: str | None = None
) -> None:
    """Write a CSV file, line by line; what is text stays text in a spreadsheet.

    With a ``separator`` it is for people: Excel knows UTF-8 by the mark at its beginning, which programs
    may take for a part of the first column's name.
    """
    with open_text(path) as stream:
        if separator:
            stream.write(BYTE_ORDER_MARK)
        writer = csv.writer(stream, delimiter=separator or ",", lineterminator="\n")
        for line in chain([header], lines):
            writer.writerow(map(in_csv, line))


def write_nbgrader(results: Path, path: Path, course: Course) -> Written:
    """Write what ``nbgrader export`` writes: a line for each student."""

    def line(student: str, person: Person, record: Record) -> Sequence[object]:
        # Without a time nbgrader takes it that nothing was submitted.
        submitted = (record.get("late") or {}).get("submitted") or course.submitted(record)
        who = (student, person.last_name, person.first_name, person.email)
        scores = (raw_score(record), late_penalty(record), record["score"], record.get("max_score"))
        return (course.assignment, course.due, submitted, *who, *scores)

    return write_students(results, path, course, NBGRADER, line, unreadable=True)


def write_canvas(results: Path, path: Path, course: Course) -> Written:
    """Write Canvas's gradebook import; it does without Canvas's own ID, which is not known here."""

    def line(student: str, person: Person, record: Record) -> Sequence[object]:
        login = person.login or student
        return person.name or student, "", person.id_number, login, person.section, record["score"]

    # Canvas knows by these words that the line is no student's, but the assignment's maximum.
    possible = (POINTS_POSSIBLE, "", "", "", "", points_possible(results, course))
    return write_students(results, path, course, (*CANVAS, course.assignment), line, first=(possible,))


def points_possible(results: Path, course: Course) -> float:
    """Return what a sheet can earn; where only what is answered counts, the most that any could."""
    if course.points:
        return rounded(sum(course.points.values()))
    return max((record["max_score"] or 0.0 for record in records(results)), default=0.0)


def write_moodle(results: Path, path: Path, course: Course) -> Written:
    """Write Moodle's grade import; students are named by e-mail address where all of them have one."""
    booked = (student_of(record) for record in records(results) if is_booked(record, course))
    emails = [course.person(student).email for student in booked if student in course.people]
    by_email = all(emails) and bool(emails)  # who is not in the roster does not name the others otherwise

    def line(student: str, person: Person, record: Record) -> Sequence[object]:
        name = person.email if by_email else person.id_number or student
        # There is a grade in each line: feedback without one wipes the grade.
        view = student_view(record, course.hint, reveal=course.reveal)
        return name, record["score"], moodle_feedback(view)

    header = ("Email address" if by_email else "ID number", course.assignment, "Feedback comments")
    return write_students(results, path, course, header, line, known=by_email)


def moodle_feedback(view: Record) -> str:
    """Write all that is to be said on one line; Moodle shows it as HTML."""
    rows = [
        f"{row['symbol']}: {' · '.join(map(str.strip, row_lines(row, view)))}"
        for row in view["rows"]
        if row["verdict"] not in GOOD
    ]
    said = [score_line(view), late_line(view), *view.get("notes", ()), *rows]
    return in_markup(" | ".join(line for line in said if line), quoted=False)


def write_otter(results: Path, path: Path, course: Course) -> Written:
    """Write otter-grader's final grades; a sheet is named by its whole path, as two may share a name."""
    points = dict(course.points) or most_points(results)
    questions = sorted(points)

    def lines() -> Iterator[Sequence[object]]:
        total = rounded(sum(points.values()))
        yield "points-per-question", *(points[name] for name in questions), total, "", ""
        for record in records(results):
            earned = {row["symbol"]: row["points"] for row in record["rows"]}
            status = "Unreadable" if is_unreadable(record) else "Completed"
            cells = (earned.get(name, 0.0) for name in questions)
            yield record["file"], *cells, record["score"], share(record), status

    table = path.with_suffix(".csv")
    write_table(
        table, ("file", *questions, "total_points_earned", "percent_correct", "grading_status"), lines()
    )
    return Written((table,))


def most_points(results: Path) -> dict[str, float]:
    """Return what each row that some sheet answers can earn; a name that is not a row's has no cells."""
    points: dict[str, float] = {}
    for record in records(results):
        for row in record["rows"]:
            if row["cells"] or row["verdict"] != Verdict.UNREADABLE:
                points[row["symbol"]] = max(row["max_points"], points.get(row["symbol"], 0.0))
    return points


def write_students(
    results: Path,
    path: Path,
    course: Course,
    header: Sequence[str],
    line: Callable[[str, Person, Record], Sequence[object]],
    *,
    first: Sequence[Sequence[object]] = (),
    unreadable: bool = False,
    known: bool = False,
) -> Written:
    """Write ``first`` and the line of each student into ``path``.csv, and note whom it leaves out.

    A student with two sheets of whom none is booked is left out, and, without ``unreadable``, one whose
    sheet could not be read: a gradebook would take either for a grade. ``known``: also who is not in the
    roster.
    """
    table = path.with_suffix(".csv")
    unread: list[str] = []
    outside: list[str] = []
    taken: set[str] = set()

    def lines() -> Iterator[Sequence[object]]:
        for record in records(results):
            student = course.spelled(student_of(record))
            if is_booked(record, course, unreadable=unreadable):
                taken.add(folded(student))
                if known and student not in course.people:
                    outside.append(student)
                else:
                    yield line(student, course.person(student), record)
            elif student_of(record) not in course.duplicates:
                unread.append(student)

    write_table(table, header, chain(first, lines()))
    left_out = sorted(student for student in course.duplicates if folded(student) not in taken)
    reasons = (
        (_("{file} omits students with more than one sheet: {students}"), left_out),
        (_("{file} omits students who are not in the roster: {students}"), outside),
        (_("{file} omits students whose sheet could not be read: {students}"), unread),
    )
    notes = (text.format(file=table.name, students=some_of(who)) for text, who in reasons if who)
    return Written((table,), tuple(notes))


def is_booked(record: Record, course: Course, *, unreadable: bool = False) -> bool:
    """Whether a gradebook may take this record for its student's grade."""
    counts = student_of(record) not in course.duplicates or record["file"] in course.booked
    return counts and (unreadable or not is_unreadable(record))


def some_of(students: Sequence[str]) -> str:
    """Name the first students, and count the others."""
    names = ", ".join(sanitize(student) for student in students[:MOST_NAMED])
    hidden = len(students) - MOST_NAMED
    return names + (" " + plural("and {n} more", "and {n} more", hidden) if hidden > 0 else "")
