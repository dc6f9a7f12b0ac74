"""Canvas: the CSV of a gradebook import, one line a student."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.graders.gradebooks import OneEach, write_table
from attncli.graders.records import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from attncli.graders.records import Course


HEADER = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def write(results: Path, out: Path, course: Course) -> Written:
    """Write out/canvas.csv."""
    path = out / "canvas.csv"
    sheets = OneEach(results, course, readable=True)
    write_table(path, (*HEADER, course.assignment), lines(sheets, course))
    return Written((path,), sheets.notes(path.name))


def lines(sheets: OneEach, course: Course) -> Iterator[Sequence[object]]:
    """Yield a line a student; Canvas's own ID is not known here, and its import does not need it."""
    for student, record in sheets:
        person = course.person(student)
        yield person.name or student, "", person.id_number, student, person.section, record["score"]
