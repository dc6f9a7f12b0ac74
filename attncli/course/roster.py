"""The roster: who the students are, from a CSV file whose header names its columns."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.course.late import read_time
from attncli.errors import AttnError, AttnErrors, Where
from attncli.files import read_small
from attncli.graders.records import Person
from attncli.homework.student import ByStudent
from attncli.language import _
from attncli.report import MAX_ERRORS, did_you_mean

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from attncli.course.late import Late


STUDENT = ("student", "student id", "sis login id", "sis user id", "id", "username", "mssv")
FIELDS = {
    "name": ("name", "full name", "student name", "họ và tên", "họ tên"),
    "last_name": ("last name", "surname", "family name"),
    "first_name": ("first name", "given name"),
    "email": ("email", "email address", "e-mail"),
    "id_number": ("id number", "sis id"),
    "section": ("section", "class", "group"),
}
LONGEST_CELL = 1000


@dataclass(frozen=True)
class Roster:
    """A course's students: ``lines`` has the cells of each, by the name of their column."""

    path: str
    columns: tuple[str, ...]
    lines: Mapping[str, tuple[int, Mapping[str, str]]]

    @property
    def people(self) -> ByStudent[Person]:
        """Who the students are, by their ids."""
        return ByStudent(
            (student, Person(**{field: first_text(cells, names) for field, names in FIELDS.items()}))
            for student, (_line, cells) in self.lines.items()
        )

    def times(self, column: str, zone: tzinfo | None) -> ByStudent[datetime]:
        """Return when each student's sheet came in; a time without a zone is in ``zone``.

        A student whose cell is blank has none. Raises AttnError where there is no such column, and
        AttnErrors where a cell is no time.
        """
        name = column_name(column)
        if name not in self.columns:
            message = _("{file} has no column {column!r}", file=self.path, column=column[:40])
            hint = did_you_mean(name, self.columns, _("it has {keys}", keys=", ".join(self.columns[:20])))
            raise AttnError(message, hint=hint)
        found: ByStudent[datetime] = ByStudent()
        errors: list[AttnError] = []
        for student, (line, cells) in self.lines.items():
            text = cells.get(name, "")
            time = read_time(text, zone)
            if time is not None:
                found[student] = time
            elif text and len(errors) < MAX_ERRORS:
                message = _("{column} is {text!r}, not a date and a time", column=column, text=text[:40])
                hint = _("like {example}", example="2026-03-01T23:59:00+07:00")
                errors.append(AttnError(message, Where(self.path, line, 1), hint))
        if errors:
            raise AttnErrors(errors)
        return found


def read_roster(path: str) -> Roster:
    """Read a roster: commas, semicolons or tabs between its cells.

    Raises AttnError where it is no such file or tells of no students, AttnErrors where a student
    stands in it twice.
    """
    text = read_small(path)
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    rows = rows_of(reader, path)
    columns = tuple(column_name(cell) for cell in next(rows, (1, ()))[1])
    key = next((name for name in STUDENT if name in columns), None)
    if key is None:
        message = _("no column of {file} is named {name!r}", file=path, name=STUDENT[0])
        hint = _("its first line names its columns, like student,name,email")
        raise AttnError(message, Where(path, 1, 1, header.rstrip("\r")), hint)
    lines: ByStudent[tuple[int, Mapping[str, str]]] = ByStudent()
    errors = []
    for line, row in rows:
        cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        student = cells.get(key, "")
        if student in lines:
            message = _(
                "the student {student!r} is listed twice, first on line {line}",
                student=student[:40],
                line=lines[student][0],
            )
            errors.append(AttnError(message, Where(path, line, 1), _("delete one of them")))
        elif student:
            lines[student] = (line, cells)
    if errors:
        raise AttnErrors(errors[:MAX_ERRORS])
    return Roster(path, columns, lines)


def submission_times(late: Late | None, roster: Roster | None) -> ByStudent[datetime] | None:
    """Return when each student's sheet came in, where a column of the roster tells it; else None.

    Raises AttnError where there is no roster to tell it.
    """
    if late is None or late.column is None:
        return None
    if roster is None:
        message = _("the rubric takes the time from the column {column!r}", column=late.column[:40])
        raise AttnError(message, hint=_("name the roster that has it: --roster FILE.csv"))
    return roster.times(late.column, late.due.tzinfo)


def rows_of(reader: CsvReader, path: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines with their numbers; raises AttnError where one is no CSV."""
    try:
        for row in reader:
            if any(len(cell) > LONGEST_CELL for cell in row):
                message = _("a cell here is longer than {most} characters", most=LONGEST_CELL)
                raise AttnError(message, Where(path, reader.line_num, 1), _("is a quotation mark missing?"))
            yield reader.line_num, row
    except csv.Error as error:
        message = _("{file} is not CSV: {reason}", file=path, reason=str(error))
        raise AttnError(message, hint=_("save it as CSV, in UTF-8")) from None


def column_name(name: str) -> str:
    """Return the name by which a column is found: ``Student_ID`` → ``student id``."""
    return " ".join(name.replace("_", " ").casefold().split())


def first_text(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the first of these columns' cells that holds something."""
    return next((cells[name] for name in names if cells.get(name)), "")
