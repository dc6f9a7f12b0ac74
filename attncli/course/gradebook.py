"""gradebook.csv: one line a sheet, for a spreadsheet; what students wrote stands there as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.graders.gradebooks import write_table
from attncli.graders.records import is_unreadable, records
from attncli.homework.marks import points_text
from attncli.language import _

if TYPE_CHECKING:
    from attncli.graders.records import Course, Record


HEADER = ("student", "file", "verdict", "score", "max_score", "percent", "late", "note")


def write_gradebook(
    results: Path,
    path: Path,
    symbols: Sequence[str],
    course: Course,
    remarks: Mapping[str, str],
    separator: str = ",",
) -> None:
    """Write the gradebook; ``symbols`` are its last columns: the points of these rows.

    A student with two sheets keeps both, with a note; ``remarks``: what else is to be noted of a file.
    Raises AttnError where it cannot be written.
    """
    lines = (line_of(record, symbols, course, remarks) for record in records(results))
    write_table(path, (*HEADER, *symbols), lines, separator)


def line_of(
    record: Record, symbols: Sequence[str], course: Course, remarks: Mapping[str, str]
) -> list[object]:
    """Return one sheet's line."""
    most = record["max_score"]
    points = {row["symbol"]: row["points"] for row in record["rows"]}
    late = record.get("late")
    return [
        course.spelled(record["student"]),
        record["file"],
        record["verdict"],
        points_text(record["score"]),
        points_text(most),
        points_text(percent(record)) if most else None,
        points_text(100 * late["penalty"]) if late else None,
        "; ".join(notes_of(record, course, remarks)),
        *(points_text(points.get(symbol)) for symbol in symbols),
    ]


def notes_of(record: Record, course: Course, remarks: Mapping[str, str]) -> Iterator[str]:
    """Yield what is to be said about a sheet."""
    if is_unreadable(record):
        yield str(record["reason"])
    if record["student"] in course.duplicates:
        yield _("there are two sheets of this student")
    if record["file"] in course.booked:
        yield _("this one is booked")
    if record["file"] in remarks:
        yield remarks[record["file"]]
    if record.get("late"):
        yield _(
            "came in at {time}, worth {points} before",
            time=record["late"]["submitted"],
            points=points_text(record["late"]["raw_score"]),
        )
    yield from map(str, record.get("notes", ()))


def percent(record: Record) -> float:
    """Return the score in percent of what there was: 0 where there was nothing."""
    most = record["max_score"]
    return round(100 * record["score"] / most, 2) if most else 0.0
