"""What a course looks like: counted from results.jsonl, a record at a time."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from attncli.course.gradebook import percent
from attncli.graders.feedback import SLIP
from attncli.graders.records import is_unreadable
from attncli.homework.marks import Verdict
from attncli.homework.student import folded
from attncli.problem.numbers import as_number

if TYPE_CHECKING:
    from attncli.graders.records import Record


BINS = 10
UNREADABLE = -1.0  # in place of a score
MOST_REASONS = 100  # unreadable sheets whose reason is kept
ENOUGH = 2  # cells of a row, or rows
ONE_CELL = "slip-one-cell"  # it may hold any number, and so explains none
SHORT = 12  # bytes that tell one row's wrong cells from another's


@dataclass
class RowCount:
    """What became of one row in all sheets that were asked for it or answered it."""

    verdicts: Counter[str] = field(default_factory=Counter)
    points: float = 0.0
    max_points: float = 0.0

    @property
    def share(self) -> float:
        """The part of its points that the row earned."""
        return self.points / self.max_points if self.max_points else 1.0


@dataclass(frozen=True)
class SameWrong:
    """Some sheets with the same wrong cells in some rows.

    ``explained``: a named mistake explains all these rows, and whoever makes it gets these numbers;
    ``slip``: it takes slips as well to explain them, and honest students can have made the same ones.
    """

    sheets: tuple[int, ...]
    rows: tuple[str, ...]
    cells: int
    explained: bool
    slip: bool


@dataclass(slots=True)
class SharedRow:
    """The wrong cells of a row that several sheets have in common."""

    symbol: str
    cells: int
    reason: int  # 0: a named mistake explains them, 1: a slip does, 2: nothing does
    sheets: list[int]


@dataclass
class Copies:
    """The wrong rows of the sheets seen so far, by their digests: those of one sheet, those of several."""

    once: dict[bytes, int] = field(default_factory=dict)
    shared: dict[bytes, SharedRow] = field(default_factory=dict)

    def add(self, sheet: int, record: Record) -> None:
        """Take in a sheet, which has this number."""
        for row in record["rows"]:
            texts = {cell["cell"]: cell["yours"] for cell in row["wrong_cells"]}
            # zeros alone are no sign: many people write them by themselves
            if row["verdict"] == "wrong" and any(as_number(text) != 0 for text in texts.values()):
                about = repr((record["key"], row["symbol"], sorted(texts.items())))
                key = hashlib.blake2b(about.encode(), digest_size=SHORT).digest()
                reasons = (
                    int(one["id"].startswith(SLIP)) for one in row["mistakes"] if one["id"] != ONE_CELL
                )
                if key in self.once:
                    first = self.once.pop(key)
                    self.shared[key] = SharedRow(
                        row["symbol"], len(texts), min(reasons, default=2), [first, sheet]
                    )
                elif key in self.shared:
                    self.shared[key].sheets.append(sheet)
                else:
                    self.once[key] = sheet

    def groups(self, students: Sequence[str]) -> list[SameWrong]:
        """Return the sheets that have enough in common, those that nothing explains first, then slips.

        ``students`` tells whose each sheet is: two of one student are no copies.
        """
        rows = [row for row in self.shared.values() if len({students[sheet] for sheet in row.sheets}) > 1]
        of_sheet: dict[int, list[SharedRow]] = defaultdict(list)
        for row in rows:
            for sheet in row.sheets:
                of_sheet[sheet].append(row)
        found = []
        for group in sorted({tuple(row.sheets) for row in rows}):
            common = [row for row in of_sheet[group[0]] if set(group) <= set(row.sheets)]
            cells = sum(row.cells for row in common)
            if cells >= ENOUGH:
                symbols = tuple(row.symbol for row in common)
                worst = max(row.reason for row in common)
                found.append(SameWrong(group, symbols, cells, explained=worst == 0, slip=worst == 1))
        return sorted(found, key=lambda same: (same.explained, same.slip, -same.cells, same.sheets))


@dataclass
class Summary:
    """The sheets of a course, counted. ``known``: the rows of the one page that there is, if it is one."""

    known: tuple[str, ...] | None = None
    students: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    scores: array[float] = field(default_factory=lambda: array("d"))  # UNREADABLE where there is none
    untargeted: dict[str, None] = field(default_factory=dict)  # rows that were not counted
    without_target: list[str] = field(default_factory=list)  # the students of whom
    unreadable: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)
    late: int = 0
    percents: Counter[float] = field(default_factory=Counter)
    rows: dict[str, RowCount] = field(default_factory=lambda: defaultdict(RowCount))
    mistakes: Counter[str] = field(default_factory=Counter)
    formulas: dict[str, str] = field(default_factory=dict)
    copies: Copies = field(default_factory=Copies)

    @classmethod
    def of(cls, records: Iterable[Record], known: tuple[str, ...] | None = None) -> Self:
        """Count the sheets."""
        summary = cls(known)
        for record in records:
            summary.add(record)
        return summary

    def add(self, record: Record) -> None:
        """Count one sheet."""
        number = len(self.files)
        self.students.append(record["student"])
        self.files.append(record["file"])
        self.scores.append(UNREADABLE if is_unreadable(record) else record["score"])
        if is_unreadable(record):
            self.unreadable += 1
            if len(self.reasons) < MOST_REASONS:
                self.reasons.append((record["file"], record["reason"]))
            return
        self.percents[percent(record)] += 1
        self.late += "late" in record
        if "not_counted" in record:
            self.untargeted |= dict.fromkeys(record["not_counted"])
            self.without_target.append(record["student"])
        likeliest: dict[str, str] = {}
        for row in filter(self.is_of_page, record["rows"]):
            count = self.rows[row["symbol"]]
            count.verdicts[row["verdict"]] += 1
            count.points += row["points"]
            count.max_points += row["max_points"]
            if row["mistakes"]:
                likeliest.setdefault(row["mistakes"][0]["id"], row["mistakes"][0]["formula"])
        self.mistakes.update(likeliest.keys())
        self.formulas = {**likeliest, **self.formulas}
        self.copies.add(number, record)

    def is_of_page(self, row: dict[str, Any]) -> bool:
        """Whether a row is one of a page: what a student calls a row may be anything."""
        if self.known is not None:
            return row["symbol"] in self.known
        return bool(row["cells"]) or row["verdict"] == Verdict.BLANK

    @property
    def symbols(self) -> list[str]:
        """The rows that were asked for or answered, in the page's order."""
        return [symbol for symbol in self.known if symbol in self.rows] if self.known else [*self.rows]

    @property
    def duplicates(self) -> dict[str, list[str]]:
        """The students with more than one sheet, and its files."""
        first: dict[str, int] = {}
        several: dict[int, list[int]] = {}  # nearly nobody: a list for each student would take much memory
        for number, student in enumerate(self.students):
            before = first.setdefault(folded(student), number)
            if before != number:
                several.setdefault(before, [before]).append(number)
        return {
            self.students[before]: [self.files[number] for number in found]
            for before, found in sorted(several.items())
        }

    @property
    def with_duplicates(self) -> frozenset[str]:
        """The students with more than one sheet, in every spelling."""
        files = {file for files in self.duplicates.values() for file in files}
        return frozenset(
            student for student, file in zip(self.students, self.files, strict=True) if file in files
        )

    @property
    def same_wrong(self) -> list[SameWrong]:
        """The sheets of different students that share wrong numbers."""
        return self.copies.groups([folded(student) for student in self.students])

    @property
    def marked(self) -> int:
        """How many sheets were marked."""
        return len(self.files) - self.unreadable

    @property
    def mean(self) -> float | None:
        """The mean of the scores in percent; None where there are none."""
        return (
            sum(value * count for value, count in self.percents.items()) / self.marked
            if self.marked
            else None
        )

    @property
    def median(self) -> float | None:
        """The median of the scores in percent; None where there are none."""
        middle = sorted(self.percents.elements())[(self.marked - 1) // 2 : self.marked // 2 + 1]
        return sum(middle) / len(middle) if middle else None

    @property
    def distribution(self) -> list[int]:
        """How many sheets have from 0 to below 10 percent, and so on; the last has the 100s as well."""
        bins = [0] * BINS
        for value, count in self.percents.items():
            bins[min(max(int(value * BINS / 100), 0), BINS - 1)] += count
        return bins

    @property
    def hardest(self) -> str | None:
        """The row that earned the least of its points; None where every row earned them all."""
        symbol = min(self.symbols, key=lambda symbol: self.rows[symbol].share, default=None)
        return symbol if symbol is not None and self.rows[symbol].share < 1 else None

    def missing(self, people: Collection[str]) -> list[str]:
        """Return the students of the roster who handed nothing in."""
        there = set(map(folded, self.students))
        return [student for student in people if folded(student) not in there]

    def to_dict(self) -> dict[str, Any]:
        """Return the part of the record that is counted from the sheets."""
        return {
            "sheets": len(self.files),
            "scores": {"mean": self.mean, "median": self.median, "distribution": self.distribution},
            "rows": [
                {
                    "symbol": symbol,
                    **{str(verdict): self.rows[symbol].verdicts[verdict] for verdict in Verdict},
                    "share": round(self.rows[symbol].share, 4),
                }
                for symbol in self.symbols
            ],
            "hardest": self.hardest,
            "mistakes": [
                {"id": id_, "sheets": count, "formula": self.formulas[id_]}
                for id_, count in self.mistakes.most_common()
            ],
            "same_wrong": [
                {
                    "students": [self.students[sheet] for sheet in same.sheets],
                    "files": [self.files[sheet] for sheet in same.sheets],
                    "rows": list(same.rows),
                    "cells": same.cells,
                    "explained": same.explained,
                    "slip": same.slip,
                }
                for same in self.same_wrong
            ],
            "unreadable": {
                "count": self.unreadable,
                "first": [{"file": file, "reason": reason} for file, reason in self.reasons],
            },
            "late": self.late,
        }
