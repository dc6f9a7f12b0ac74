"""Moodle: the CSV of a grade import, one line a student with a grade and feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.graders.feedback import late_line, plain, remarks, row_line, score_line
from attncli.graders.gradebooks import OneEach, write_table
from attncli.graders.records import GOOD, Written, student_view
from attncli.untrusted import in_markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attncli.graders.records import Course, Record


def write(results: Path, out: Path, course: Course) -> Written:
    """Write out/moodle.csv; students are named by e-mail address where all of them have one."""
    path = out / "moodle.csv"
    sheets = OneEach(results, course, readable=True)
    by_email = all(course.person(student).email for student, _record in sheets) and bool(course.people)
    header = ("Email address" if by_email else "ID number", course.assignment, "Feedback comments")
    write_table(path, header, lines(sheets, course, by_email=by_email))
    return Written((path,), sheets.notes(path.name))


def lines(sheets: OneEach, course: Course, *, by_email: bool) -> Iterator[Sequence[object]]:
    """Yield a line a student; there is a grade in each, as feedback without one wipes the grade."""
    for student, record in sheets:
        person = course.person(student)
        name = person.email if by_email else person.id_number or student
        view = student_view(record, course.hint, reveal=course.reveal)
        yield name, record["score"], feedback(view)


def feedback(view: Record) -> str:
    """Write all that is to be said on one line; Moodle shows it as HTML."""
    said = [score_line(view), late_line(view), *view.get("notes", ())]
    for row in view["rows"]:
        if row["verdict"] not in GOOD:
            lines = [row_line(row), *map(str.strip, plain(remarks(row, view)))]
            said.append(f"{row['symbol']}: {' · '.join(lines)}")
    return in_markup(" | ".join(line for line in said if line), quoted=False)
