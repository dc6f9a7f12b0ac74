"""The roster: who the students are, from a CSV file whose header names its columns."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

from attncli.course.late import DATE_ORDERS, WrittenDate, read_time
from attncli.errors import AttnError, AttnErrors, Where
from attncli.files import read_small
from attncli.graders.records import Person
from attncli.homework.student import ByStudent, folded
from attncli.language import _
from attncli.report import MAX_ERRORS, did_you_mean

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from datetime import datetime, tzinfo

    from attncli.course.late import Late


# What names a student, in Canvas's, Moodle's and Gradescope's exports as well; the first that is there and
# holds something, or the one that names the most of the sheets.
STUDENT = (
    *("student", "studentid", "sisloginid", "sisuserid", "id", "username", "mssv", "sid"),
    *("mãsv", "mãsinhviên", "mãsốsinhviên", "idnumber"),
)
FIELDS = {
    "name": ("name", "fullname", "studentname", "họvàtên", "họtên"),
    "last_name": ("lastname", "surname", "familyname", "họđệm", "họ"),
    "first_name": ("firstname", "givenname", "tên"),
    "email": ("email", "emailaddress"),
    "id_number": ("idnumber", "sisid", "sisuserid"),
    "section": ("section", "sections", "class", "group", "lớp"),
    "login": ("sisloginid",),
}
OF_CANVAS = {"sisloginid", "sisuserid"}
POINTS_POSSIBLE = "pointspossible"  # Canvas's line below the header, which is no student's
LONGEST_CELL = 1000


@dataclass(frozen=True)
class Roster:
    """A course's students: ``lines`` has the cells of each, by the name of their column.

    ``columns`` has what the header says of each.
    """

    path: str
    columns: Mapping[str, str]
    lines: Mapping[str, tuple[int, Mapping[str, str]]]

    @property
    def people(self) -> ByStudent[Person]:
        """Who the students are, by their ids."""
        found: ByStudent[Person] = ByStudent()
        for student, (_line, cells) in self.lines.items():
            told = {field: next(filter(None, map(cells.get, names)), "") for field, names in FIELDS.items()}
            found[student] = Person(**told)
        return found

    def times(self, column: str, zone: tzinfo | None, order: str | None = None) -> ByStudent[datetime]:
        """Return when each student's sheet came in; a time without a zone is in ``zone``.

        A student whose cell is blank has none. ``order``: whether the day or the month comes first, where
        the file does not tell. Raises AttnError where there is no such column, or nothing tells that, and
        AttnErrors where a cell is no time.
        """
        name = column_name(column)
        if name not in self.columns:
            message = _("{file} has no column {column!r}", file=self.path, column=column[:40])
            titles = list(self.columns.values())
            hint = did_you_mean(column, titles, _("it has {keys}", keys=", ".join(titles[:20])))
            raise AttnError(message, hint=hint)
        found: ByStudent[datetime] = ByStudent()
        errors: list[AttnError] = []
        orders = {} if order else self.date_orders(name)
        for student, (line, cells) in self.lines.items():
            text = cells.get(name, "")
            written = WrittenDate.of(text)
            if written and written.order is None and not (order or orders.get(written.sign)):
                raise two_dates(column, text, written, Where(self.path, line, 1))
            time = read_time(text, zone, order or (written and (written.order or orders[written.sign])))
            if time is not None:
                found[student] = time
            elif text and len(errors) < MAX_ERRORS:
                message = _("{column} is {text!r}, not a date and a time", column=column, text=text[:40])
                hint = _("like {example}", example="2026-03-01T23:59:00+07:00")
                errors.append(AttnError(message, Where(self.path, line, 1), hint))
        if errors:
            raise AttnErrors(errors)
        return found

    def date_orders(self, column: str) -> dict[str, str]:
        """Return the order of day and month in dates with each sign: one that has only one reading tells it.

        A column's own dates go before all others; where they contradict each other nothing is told.
        """
        orders: dict[str, str] = {}
        for names in ((column,), self.columns):
            told: dict[str, set[str]] = defaultdict(set)
            for _line, cells in self.lines.values():
                for written in filter(None, (WrittenDate.of(cells.get(name, "")) for name in names)):
                    if written.order and written.tells:
                        told[written.sign].add(written.order)
            for sign, found in told.items():
                orders.setdefault(sign, found.pop() if len(found) == 1 else "")
        return orders


def two_dates(column: str, text: str, written: WrittenDate, where: Where) -> AttnError:
    """Return the question which of two dates is meant."""
    message = _("{column} is {text!r}: does the day or the month come first?", column=column, text=text[:40])
    days = {f"--dates {order}": written.day(order) for order in DATE_ORDERS}
    return AttnError(message, where, " · ".join(f"{option}: {day}" for option, day in days.items()))


def read_roster(path: str, students: Collection[str] = ()) -> Roster:
    """Read a roster: commas, semicolons or tabs between its cells.

    ``students`` are those of the sheets, as far as the names of the files tell: of several columns that
    could be the students' ids, it is the one that names the most of them.

    Raises AttnError where it is no such file or tells of no students, AttnErrors where a student
    stands in it twice.
    """
    text = read_small(path)
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    rows = rows_of(reader, path)
    titles = next(rows, (1, ()))[1]
    columns = [column_name(title) for title in titles]
    if OF_CANVAS & {*columns}:  # there a student's name stands under Student
        columns = ["name" if name == STUDENT[0] else name for name in columns]
    people = [
        (line, dict(zip(columns, (cell.strip() for cell in row), strict=False)))
        for line, row in rows
        if row and column_name(row[0]) != POINTS_POSSIBLE
    ]
    key = student_column(columns, [cells for _line, cells in people], students)
    if key is None:
        message = _("no column of {file} is named {name!r}", file=path, name=STUDENT[0])
        hint = _("its first line names its columns, like student,name,email")
        raise AttnError(message, Where(path, 1, 1, header.rstrip("\r")), hint)
    lines: ByStudent[tuple[int, Mapping[str, str]]] = ByStudent()
    errors = []
    for line, cells in people:
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
    if not lines:
        title = titles[columns.index(key)]
        message = _("{file} names no student: its column {column!r} is blank", file=path, column=title)
        raise AttnError(message, hint=_("fill it in with what the sheets are named after"))
    return Roster(path, dict(zip(columns, titles, strict=True)), lines)


def student_column(
    columns: Collection[str], people: Sequence[Mapping[str, str]], students: Collection[str]
) -> str | None:
    """Return the column of the students' ids; None where there is none."""
    known = {folded(student) for student in students}

    def fits(name: str) -> tuple[int, bool]:
        ids = {folded(cells.get(name, "")) for cells in people}
        return len(ids & known), bool(ids - {""})

    return max(filter(columns.__contains__, STUDENT), key=fits, default=None)


def submission_times(
    late: Late | None, roster: Roster | None, order: str | None = None
) -> ByStudent[datetime] | None:
    """Return when each student's sheet came in, where a column of the roster tells it; else None.

    ``order``: whether the day or the month comes first in its dates.

    Raises AttnError where there is no roster to tell it.
    """
    if late is None or late.column is None:
        return None
    if roster is None:
        message = _("the rubric takes the time from the column {column!r}", column=late.column[:40])
        raise AttnError(message, hint=_("name the roster that has it: --roster FILE.csv"))
    return roster.times(late.column, late.due.tzinfo, order)


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


def column_name(title: str) -> str:
    """Return the name by which a column is found: ``Student_ID`` → ``studentid``, ``Mã SV`` → ``mãsv``."""
    return "".join(filter(str.isalnum, normalize("NFC", title).casefold()))
