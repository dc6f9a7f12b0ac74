"""What every mistake of the catalogue comes out as on one problem, in full or rounded at each step."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.homework.catalogue import Mistake, catalogue
from attncli.homework.key import near, slack
from attncli.homework.working import Working
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from attncli.calculation import Setting
    from attncli.ops.op import Array

    Values = Mapping[str, Array | None]

NOISE = 1e-12  # what float64 leaves of a number that should be 0


class Name(NamedTuple):
    """What a mistake is called on every problem of one form: its id and what was written."""

    id: str
    formulas: tuple[str, ...]

    @classmethod
    def of(cls, mistake: Mistake) -> Name:
        """Name a mistake."""
        return cls(mistake.id, tuple(row.formula for row in mistake.rows))

    @property
    def symbol(self) -> str:
        """The first row in which it shows."""
        return self.formulas[0].partition(" = ")[0]


class Outcomes:
    """A problem's right rows, and what each mistake makes of the rows that are handed in.

    ``rows`` are the symbols of those; ``decimals``: each row is rounded to so many before the next
    one uses it, None: nothing is rounded. Raises AttnError where a number grows too large.
    """

    def __init__(self, setting: Setting, rows: Collection[str], decimals: int | None = None) -> None:
        self.setting = setting
        self.rows = [row.symbol for row in setting.page.rows if row.symbol in rows]
        self.rounded = None if decimals is None else Rounding(decimals).matrix
        self.right = Working(setting.page, {**setting.givens, **setting.constants}, (), self.rounded)
        for row in setting.page.rows:
            self.right[row.symbol]  # asked for, it is worked out
        self._found: dict[Name, Values] = {}

    @cached_property
    def mistakes(self) -> dict[Name, Mistake]:
        """Every mistake that could be made on this page, by its name, in the page's order."""
        page, sizes = self.setting.page, self.setting.problem.sizes
        found = {Name.of(mistake): mistake for mistake in catalogue(page, frozenset(self.right), sizes)}
        places = {row.symbol: i for i, row in enumerate(page.rows)}
        return {name: found[name] for name in sorted(found, key=lambda name: (places[name.symbol], name))}

    def of(self, name: Name) -> Values:
        """Work out what a mistake makes of the rows handed in; None where nothing can come out."""
        if name not in self._found:
            self._found[name] = self._work_out(self.mistakes[name])
        return self._found[name]

    def _work_out(self, mistake: Mistake) -> Values:
        order = [row.symbol for row in self.setting.page.rows]
        wrong = [row.symbol for row in mistake.rows]
        first = min(map(order.index, wrong))
        given = {symbol: value for symbol, value in self.right.items() if symbol not in order[first:]}
        working = Working(self.setting.page, given, mistake.rows, self.rounded)
        shown = wrong if self.rows == order else self.rows  # where all is handed in, the rest follows from it
        return {
            symbol: working.tried(working.rows[symbol]) for symbol in shown if order.index(symbol) >= first
        }

    def possible(self, name: Name) -> bool:
        """Whether a mistake gives any number in the rows handed in: shapes or zeros may forbid it."""
        return any(value is not None for value in self.of(name).values())

    def hides(self, name: Name) -> bool:
        """Whether a mistake gives the right numbers in all rows handed in."""
        return all(same(value, self.right[symbol]) for symbol, value in self.of(name).items())

    def confuses(self, one: Name, other: Name) -> bool:
        """Whether two mistakes give the same numbers in all rows handed in."""
        first, second = self.of(one), self.of(other)
        return all(
            same(first.get(symbol, self.right[symbol]), second.get(symbol, self.right[symbol]))
            for symbol in {**first, **second}
        )


def same(one: Array | None, other: Array | None) -> bool:
    """Whether two ways of working come to the same numbers, or both to none."""
    if one is None or other is None:
        return one is other
    if one.shape != other.shape:
        return False
    with np.errstate(invalid="ignore"):  # of differences between infinities
        return bool(near(one, other, slack(other) + NOISE).all())
