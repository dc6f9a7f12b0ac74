"""What marking a sheet gives: a verdict on every row and every cell, and the record of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.policy import Hint
from attncli.language import N_, _
from attncli.page.tables import html_table, text_table
from attncli.problem.sources import builtin_names
from attncli.result import SCHEMA, plain
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.ops.op import Array


class Verdict(StrEnum):
    """What is said of a row, of a cell and of a whole sheet; the worst comes last."""

    CORRECT = "correct"
    FOLLOW_THROUGH = "follow-through"
    BLANK = "blank"
    UNREADABLE = "unreadable"
    WRONG = "wrong"

    @property
    def word(self) -> str:
        """What a person reads, to be looked up in their language."""
        return APPEARANCE[self][0]

    @property
    def sign(self) -> str:
        """The same as a sign."""
        return APPEARANCE[self][1]


APPEARANCE = {
    Verdict.CORRECT: (N_("right"), "✓"),
    Verdict.FOLLOW_THROUGH: (N_("follows from earlier"), "↷"),
    Verdict.BLANK: (N_("blank"), "○"),
    Verdict.UNREADABLE: (N_("unreadable"), "?"),
    Verdict.WRONG: (N_("wrong"), "✗"),
}
SEVERITY = tuple(Verdict)
# What a student may see of the record of a sheet, and of what it consists of: what is not named here never
# reaches one.
OF_SHEET = (
    *(
        "schema",
        "student",
        "config",
        "layout",
        "verdict",
        "score",
        "max_score",
        "rows",
        "notes",
        "file",
        "late",
    ),
)
OF_ROW = ("symbol", "verdict", "cells", "points", "max_points", "tolerance", "says")
OF_CELL = ("cell", "index", "yours")
OF_FINDING = ("id", "formula", "says")


def worst(verdicts: Any) -> Verdict:  # noqa: ANN401 - any iterable of verdicts
    """Return the worst of several verdicts; blank where there are none."""
    return max(verdicts, key=SEVERITY.index, default=Verdict.BLANK)


@dataclass(frozen=True)
class Finding:
    """One explanation of a wrong row: a mistake of the catalogue, or a slip.

    ``symbol`` is the row in which it was made, not always the one in which it shows, ``formula`` what seems
    to have been computed, ``right`` what the page has there, ``says`` a sentence for a person; ``detail`` is
    what only a teacher may read: it would give the answer away.
    """

    id: str
    symbol: str
    formula: str
    right: str
    says: str
    detail: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return its part of the record."""
        record = {"id": self.id, "formula": self.formula, "says": self.says}
        return {**record, "detail": self.detail} if self.detail else record


@dataclass(frozen=True)
class WrongCell:
    """One cell that is not right: ``index`` counts from 0; ``right`` is what should stand there."""

    cell: str
    index: tuple[int, ...]
    yours: str
    right: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the record."""
        record = {"cell": self.cell, "index": list(self.index), "yours": self.yours}
        return record if self.right is None else {**record, "expected": plain(np.asarray(self.right))}


@dataclass(frozen=True, eq=False)
class RowMark:
    """What became of one row: ``right`` of ``cells`` cells, ``points`` of ``max_points``.

    ``good`` is true at each cell that is right, ``formula`` the page's own, ``answer`` what the student
    wrote (None: nothing), ``key`` the page's value. ``says`` is what is wrong with the row as a
    whole (its shape, its text), ``reason`` what only a teacher may read of it.
    """

    symbol: str
    verdict: Verdict
    formula: str
    right: int
    cells: int
    points: float
    max_points: float
    tolerance: float | None = None
    wrong_cells: tuple[WrongCell, ...] = ()
    mistakes: tuple[Finding, ...] = ()
    says: str = ""
    reason: str = ""
    good: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    answer: Answer | None = field(default=None, repr=False)
    key: Array | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the row's part of the record."""
        return {
            "symbol": self.symbol,
            "verdict": str(self.verdict),
            "right": self.right,
            "cells": self.cells,
            "points": rounded(self.points),
            "max_points": rounded(self.max_points),
            "tolerance": self.tolerance,
            **({"says": self.says} if self.says else {}),
            **({"reason": self.reason} if self.reason else {}),
            "wrong_cells": [cell.to_dict() for cell in self.wrong_cells],
            "mistakes": [finding.to_dict() for finding in self.mistakes],
        }


@dataclass(frozen=True, eq=False)
class Mark:
    """A marked sheet; ``lying``: it was marked as one that has tokens as columns."""

    student: str | None
    config: str
    digest: Callable[[], str] = field(repr=False)
    rows: tuple[RowMark, ...]
    notes: tuple[str, ...] = ()
    lying: bool = False

    @property
    def key(self) -> str:
        """The hash of the problem that it was marked against."""
        return self.digest()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any row."""
        return worst(row.verdict for row in self.rows)

    @property
    def score(self) -> float:
        """The points of all rows."""
        return sum(row.points for row in self.rows)

    @property
    def max_score(self) -> float:
        """The points that there were."""
        return sum(row.max_points for row in self.rows)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy of it is made from, in another process too: with the hash itself."""
        return {**vars(self), "digest": partial(str, self.key)}

    def heading(self, *, student: bool = False) -> str:
        """Say whose sheet it is, of which problem, and what it earned."""
        config = problem_name(self.config) if student else self.config
        return _(
            "{sheet}: {score} of {most} points, {sign} {verdict}",
            sheet=", ".join(filter(None, (self.student, config))),
            score=points_text(rounded(self.score)),
            most=points_text(rounded(self.max_score)),
            sign=self.verdict.sign,
            verdict=_(self.verdict.word),
        )

    @property
    def table(self) -> list[list[str]]:
        """A line a row, below the headings: what is right of it, and what seems to have been done."""
        lines = [[_("quantity"), _("verdict"), _("right cells"), _("points"), _("mistakes")]]
        for row in self.rows:
            right = _("{count} of {total}", count=row.right, total=row.cells)
            earned = (points_text(rounded(points)) for points in (row.points, row.max_points))
            lines.append(
                [
                    row.symbol,
                    f"{row.verdict.sign} {_(row.verdict.word)}",
                    right if row.cells and not row.says else "",
                    _("{points} of {most}", **dict(zip(("points", "most"), earned, strict=True))),
                    ", ".join(finding.id for finding in row.mistakes),
                ]
            )
        return lines

    def __str__(self) -> str:
        """What it earned, and a line a row."""
        return f"{sanitize(self.heading())}\n\n{text_table(self.table)}"

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        return html_table(self.table, self.heading())

    def to_dict(self, *, student: bool = False, hint: Hint | str = Hint.MISTAKE) -> dict[str, Any]:
        """Return what ``check --json`` prints; ``student``: what a student may see."""
        record = {
            "schema": SCHEMA,
            "student": self.student,
            "config": self.config,
            "key": self.key,
            **({"layout": "columns"} if self.lying else {}),
            "verdict": str(self.verdict),
            "score": rounded(self.score),
            "max_score": rounded(self.max_score),
            "rows": [row.to_dict() for row in self.rows],
            **({"notes": list(self.notes)} if self.notes else {}),
        }
        return seen_by_student(record, Hint(hint)) if student else record


def seen_by_student(record: Mapping[str, Any], hint: Hint) -> dict[str, Any]:
    """Return what a student may see of a sheet's record: no right value, no key and no right shape.

    ``hint`` says how much there is besides the verdicts.
    """
    config = record["config"] and problem_name(record["config"])
    rows = [row_seen(row, hint) for row in record["rows"]]
    return {**pick(record, OF_SHEET), "config": config, "rows": rows}


def row_seen(row: Mapping[str, Any], hint: Hint) -> dict[str, Any]:
    """Return what a student may see of one row."""
    which = hint is not Hint.NONE
    return pick(row, (*OF_ROW, "right") if which else OF_ROW) | {
        "wrong_cells": [pick(cell, OF_CELL) for cell in row["wrong_cells"] if which],
        "mistakes": [pick(one, OF_FINDING) for one in row["mistakes"] if hint is Hint.MISTAKE],
    }


def pick(record: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return these fields of a record, as far as it has them."""
    return {name: value for name, value in record.items() if name in names}


def problem_name(config: str) -> str:
    """Return what students know a problem by: not its file's folder and ending, which are the teacher's.

    A file that is named like a problem of attncli's keeps its ending, to be told from that.
    """
    name = PurePath(config).stem
    return PurePath(config).name if name != config and comes_with_attncli(name) else name


def command_name(config: str) -> str:
    """Return how students name a problem to a command: what is not attncli's is a file of their own."""
    return config if comes_with_attncli(config) else "CONFIG"


@cache
def comes_with_attncli(name: str) -> bool:
    """Whether everybody has the problem of this name."""
    return name in builtin_names()


def rounded(points: float) -> float:
    """Points to the two decimals in which they are given."""
    return round(points + 1e-9, 2)


def points_text(points: float | None) -> str:
    """Return points with two decimals at most: ``17.5``, ``18``; nothing for None."""
    return "" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")
