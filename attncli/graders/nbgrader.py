"""nbgrader: the CSV that ``nbgrader export`` writes, one line a student."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.graders.gradebooks import OneEach, write_table
from attncli.graders.records import Written, raw_score
from attncli.homework.marks import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attncli.graders.records import Course, Record


HEADER = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


def write(results: Path, out: Path, course: Course) -> Written:
    """Write out/nbgrader.csv."""
    path = out / "nbgrader.csv"
    sheets = OneEach(results, course, readable=False)
    write_table(path, HEADER, (line(student, record, course) for student, record in sheets))
    return Written((path,), sheets.notes(path.name))


def line(student: str, record: Record, course: Course) -> Sequence[object]:
    """Return one student's line."""
    person, late, raw = course.person(student), record.get("late") or {}, raw_score(record)
    return (
        course.assignment,
        course.due,
        late.get("submitted"),
        student,
        person.last_name,
        person.first_name,
        person.email,
        raw,
        rounded(raw - record["score"]),
        record["score"],
        record.get("max_score"),
    )
