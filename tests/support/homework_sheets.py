"""Sheets as students hand them in: each row worked out from the rounded ones before it, right or wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from attncli.errors import AttnError
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.marks import Mark
from attncli.homework.sheet import read_sheet
from attncli.mistakes.catalogue import Mistake
from attncli.rounding import Rounding

FINAL = ("L", "dWq", "dWk", "dWv", "dX")
HALVES = ("half-up", "half-even")


@dataclass(frozen=True)
class Hand:
    """How somebody writes: so many decimals, halves rounded so, as YAML or as JSON.

    ``short``: zeros at a number's end are left out, as a computer does.
    """

    decimals: int
    half: str = "half-up"
    yaml: bool = False
    short: bool = False

    @property
    def rounding(self) -> Rounding:
        """How it rounds."""
        return Rounding(self.decimals, self.half)

    def number(self, value: float) -> str:
        """Write a number."""
        if value == -np.inf:
            return '"-inf"'
        text = f"{value:z.{self.decimals}f}"
        return text.rstrip("0").rstrip(".") if self.short else text

    def matrix(self, value: Any) -> str:
        """Write a number, a row of numbers or rows of them."""
        if isinstance(value, list):
            return "[" + ", ".join(map(self.matrix, value)) + "]"
        return self.number(value)

    def sheet(self, values: Mapping[str, np.ndarray]) -> bytes:
        """Write a sheet."""
        answers = {symbol: self.matrix(value.tolist()) for symbol, value in values.items()}
        if self.yaml:
            text = "student: B20\nanswers:\n" + "".join(
                f"  {name}: {rows}\n" for name, rows in answers.items()
            )
        else:
            rows = ", ".join(f'"{name}": {rows}' for name, rows in answers.items())
            text = f'{{"student": "B20", "answers": {{{rows}}}}}\n'
        return text.encode()


def worked(key: Key, hand: Hand, mistakes: Iterable[Mistake] = ()) -> dict[str, np.ndarray]:
    """Work the page out by hand; what cannot be worked out behind a mistake stays blank."""
    rows = {**key.page.row, **{row.symbol: row for mistake in mistakes for row in mistake.rows}}
    own: dict[str, Any] = dict(key.given)
    written = {}
    for symbol in key.symbols:
        value = row_value(rows[symbol], own, hand)
        if value is not None:
            own[symbol] = written[symbol] = value
    return written


def row_value(row: Any, own: Mapping[str, Any], hand: Hand) -> np.ndarray | None:
    """Work out one row; None where these numbers or shapes do not allow it."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
            value = row.compute(own, on_paper=True)
    except (KeyError, ValueError, AttnError):
        return None
    return None if np.isnan(value).any() else hand.rounding.matrix(np.asarray(value, float))


def shows(key: Key, hand: Hand, values: Mapping[str, np.ndarray], mistake: Mistake) -> bool:
    """Whether a mistake changes a digit of the row in which it was made."""
    own = {**key.given, **values}
    return all(row.symbol in values for row in mistake.rows) and any(
        differ(values[row.symbol], row_value(key.page.row[row.symbol], own, hand)) for row in mistake.rows
    )


def differ(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two written rows differ in a digit, or only one could be written."""
    if one is None or other is None:
        return one is not other
    return one.shape != other.shape or bool((one != other).any())


def marked(
    key: Key, hand: Hand, values: Mapping[str, np.ndarray], only: Collection[str] | None = None
) -> Mark:
    """Hand a sheet in, and mark it."""
    kept = {symbol: value for symbol, value in values.items() if only is None or symbol in only}
    return mark(read_sheet(hand.sheet(kept), "sheet"), key)


def named(mark: Mark) -> set[str]:
    """Name every mistake and slip that a mark finds."""
    return {finding.id for row in mark.rows for finding in row.mistakes}


def is_slip(id_: str) -> bool:
    """Whether a finding is a slip, not a mistake of the catalogue."""
    return id_.startswith("slip-")
