"""CSV files for the whole course: one line a sheet, or one a student."""

from __future__ import annotations

import csv
from itertools import chain
from typing import TYPE_CHECKING

from attncli.files import fresh
from attncli.graders.records import lost, records, who
from attncli.language import _, plural
from attncli.untrusted import in_csv, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from attncli.graders.records import Course, Record


NAMED = 10  # students that a note names one by one


def write_table(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Write a CSV file, line by line; what is text stays text in a spreadsheet."""
    with fresh(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for line in chain([header], lines):
            writer.writerow(map(in_csv, line))


class OneEach:
    """The records that can be booked under a student's name, and notes on those that cannot.

    A student with two sheets is left out, and with ``readable`` one whose sheet could not be read:
    a gradebook would take either for a grade.
    """

    def __init__(self, results: Path, course: Course, *, readable: bool) -> None:
        self.results = results
        self.course = course
        self.readable = readable
        self.unread: list[str] = []

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        """Yield each student and their record."""
        self.unread.clear()
        for record in records(self.results):
            student = who(record)
            if student in self.course.duplicates:
                continue
            if self.readable and lost(record):
                self.unread.append(student)
            else:
                yield student, record

    def notes(self, name: str) -> tuple[str, ...]:
        """Say who was left out of this file, and why."""
        notes = []
        if self.course.duplicates:
            students = listed(sorted(self.course.duplicates))
            notes.append(
                _("{file} leaves out who handed in two sheets: {students}", file=name, students=students)
            )
        if self.unread:
            students = listed(self.unread)
            notes.append(
                _("{file} leaves out whose sheet could not be read: {students}", file=name, students=students)
            )
        return tuple(notes)


def listed(students: Sequence[str]) -> str:
    """Name some students, and count the others."""
    names = ", ".join(sanitize(student) for student in students[:NAMED])
    hidden = len(students) - NAMED
    return names + (" " + plural("and {n} more", "and {n} more", hidden) if hidden > 0 else "")
