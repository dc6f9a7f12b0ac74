"""Marking again after the key was wrong: whose score changed, by how much, and in which rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError
from attncli.graders.gradebooks import write_table
from attncli.graders.records import records
from attncli.homework.marks import points_text
from attncli.language import _

if TYPE_CHECKING:
    from attncli.graders.records import Record


HEADER = ("student", "file", "before", "after", "change", "rows")
MOST_SHOWN = 20


@dataclass(frozen=True)
class RowChange:
    """The points of a row that earns other ones now; None: it was not there then, or is not now."""

    symbol: str
    before: float | None
    after: float | None

    def __str__(self) -> str:
        """``O 0.5 → 1``."""
        return f"{self.symbol} {points_text(self.before) or '–'} → {points_text(self.after) or '–'}"


@dataclass(frozen=True)
class Change:
    """A sheet whose score changed; None: it had no score then, or has none now."""

    student: str
    file: str
    before: float | None
    after: float | None
    rows: tuple[RowChange, ...] = ()

    @property
    def by(self) -> float | None:
        """By how much the score changed."""
        return None if self.before is None or self.after is None else round(self.after - self.before, 2)

    @property
    def in_rows(self) -> str:
        """``A 0 → 1; O 0.5 → 1``."""
        return "; ".join(map(str, self.rows))


@dataclass
class Changes:
    """How many sheets changed and how many did not, and the first of those that did."""

    sheets: int = 0
    changed: int = 0
    first: list[Change] = field(default_factory=list)

    def write(self, changes: Iterable[Change | None], path: Path, separator: str = ",") -> None:
        """Write the changes as CSV, and count them; None stands for a sheet that has not changed."""
        write_table(path, HEADER, self.lines(changes), separator)

    def lines(self, changes: Iterable[Change | None]) -> Iterator[list[object]]:
        """Yield the lines of the CSV."""
        for change in changes:
            self.sheets += 1
            if change is None:
                continue
            self.changed += 1
            if len(self.first) < MOST_SHOWN:
                self.first.append(change)
            numbers = map(points_text, (change.before, change.after, change.by))
            yield [change.student, change.file, *numbers, change.in_rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the part of ``grade --json`` about the changes."""
        return {
            "sheets": self.sheets,
            "changed": self.changed,
            "first": [asdict(change) for change in self.first],
        }


def changes_between(old: Path, new: Iterable[Record]) -> Iterator[Change | None]:
    """Yield what changed of each sheet, in the order of the files; None where nothing did.

    Raises AttnError where the old results cannot be read, or are not in that order.
    """
    before, after = in_file_order(old), iter(new)
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left["file"] < right["file"]):
            yield change_of(left, None)
            left = next(before, None)
        elif left is None or right["file"] < left["file"]:
            yield change_of(None, right)
            right = next(after, None)
        else:
            yield change_of(left, right)
            left, right = next(before, None), next(after, None)


def in_file_order(path: Path) -> Iterator[Record]:
    """Yield the records of old results; raises AttnError where they are not in the order of the files."""
    last = ""
    for record in records(path):
        if record["file"] < last:
            message = _("the lines of {path!r} are not in the order of their files", path=str(path))
            raise AttnError(message, hint=_("name a results.jsonl that attncli grade has written"))
        last = record["file"]
        yield record


def change_of(old: Record | None, new: Record | None) -> Change | None:
    """Return what changed between two records of a sheet; None where that is nothing."""
    before, after = (None if record is None else record["score"] for record in (old, new))
    was, now = (
        {row["symbol"]: row["points"] for row in record["rows"]} if record else {} for record in (old, new)
    )
    rows = tuple(
        RowChange(symbol, was.get(symbol), now.get(symbol))
        for symbol in {**now, **was}
        if was.get(symbol) != now.get(symbol)
    )
    if before == after and not rows:
        return None
    about = new or old or {}
    return Change(str(about.get("student")), about["file"], before, after, rows)
