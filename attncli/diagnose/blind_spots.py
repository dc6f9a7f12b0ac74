"""What a problem cannot show: mistakes that give the right numbers or the same ones, and faint rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.homework.tolerance import near, slack
from attncli.language import N_, _
from attncli.mistakes.catalogue import Mistake, catalogue
from attncli.page.lazy import LazyPage
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from attncli.calculation import Setting
    from attncli.ops.op import Array
NOISE = 1e-12  # what float64 leaves of a number that should be 0


@dataclass(frozen=True)
class Hidden:
    """One mistake, in some of the ways in which it is written, that gives the right numbers."""

    names: tuple[Name, ...]
    kind = "hidden"

    @property
    def rows(self) -> tuple[str, ...]:
        """The row in which it would show."""
        return (self.names[0].symbol,)

    @property
    def says(self) -> str:
        """What is the matter."""
        return _("the right numbers come out")

    def holds(self, outcomes: Outcomes) -> bool:
        """Whether it is so on this problem."""
        return any(map(outcomes.hides, self.names))


@dataclass(frozen=True)
class Alike:
    """Mistakes of different names that give the same numbers, pair by pair."""

    pairs: tuple[tuple[Name, Name], ...]
    kind = "alike"

    @property
    def names(self) -> tuple[Name, ...]:
        """All of them."""
        return tuple(dict.fromkeys(name for pair in self.pairs for name in pair))

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows in which they stand."""
        return tuple(dict.fromkeys(name.symbol for name in self.names))

    @property
    def says(self) -> str:
        """What is the matter."""
        return _("the same numbers come out")

    def holds(self, outcomes: Outcomes) -> bool:
        """Whether it is so on this problem."""
        return any(outcomes.confuses(*pair) for pair in self.pairs)


@dataclass(frozen=True)
class Faint:
    """A row whose numbers say little, and which of the ways in ``FAINT`` it is."""

    symbol: str
    how: str
    names: tuple[Name, ...] = ()
    kind = "faint"

    @property
    def rows(self) -> tuple[str, ...]:
        """The row."""
        return (self.symbol,)

    @property
    def says(self) -> str:
        """What is the matter."""
        return _(FAINT[self.how][0])

    def holds(self, outcomes: Outcomes) -> bool:
        """Whether it is so on this problem."""
        return FAINT[self.how][1](outcomes, self.symbol)


BlindSpot = Hidden | Alike | Faint


def zero(outcomes: Outcomes, symbol: str) -> bool:
    """Whether a row is all 0."""
    return bool((np.abs(outcomes.right[symbol]) <= NOISE).all())


def saturated(outcomes: Outcomes, symbol: str) -> bool:
    """Whether half of the rows of A, or more, are 0 and 1 although they have a choice; or all of P is."""
    value = outcomes.right[symbol]
    if symbol == "P":
        return bool(np.isin(value, (0.0, 1.0)).all())
    if symbol != "A":
        return False
    scores = outcomes.right[outcomes.setting.page.row["A"].args[0]]
    choice = np.isfinite(scores).sum(axis=-1) > 1
    stuck = np.isin(value, (0.0, 1.0)).all(axis=-1) & choice
    return bool(choice.any() and 2 * stuck.sum() >= choice.sum())


def uniform(outcomes: Outcomes, symbol: str) -> bool:
    """Whether a matrix has several rows, and all of them are the same."""
    value: Array = outcomes.right[symbol]
    several = value.ndim > 1 and value.shape[-2] > 1
    return several and all(same(row, value[..., 0, :]) for row in np.moveaxis(value, -2, 0))


FAINT: dict[str, tuple[str, Callable[[Outcomes, str], bool]]] = {
    "zero": (N_("every number is 0"), zero),
    "saturated": (N_("0 and 1, in half of the rows or more"), saturated),
    "uniform": (N_("all rows are the same"), uniform),
}


@dataclass(frozen=True)
class Search:
    """Looks for what cannot be seen on a problem, in full or at the decimals asked for.

    ``others`` are random problems of the same form, the first of them of the same sizes: what cannot
    be seen on any of them either is no fault of this problem.
    """

    exact: Outcomes
    rounded: Outcomes
    others: Sequence[Outcomes]
    decimals: int

    def either(self, spot: BlindSpot) -> bool:
        """Whether something cannot be seen, in full or at the decimals asked for."""
        return spot.holds(self.exact) or spot.holds(self.rounded)

    def always(self, spot: BlindSpot) -> bool:
        """Whether no problem of this form could show it."""
        return all(map(spot.holds, self.others))

    def names(self) -> list[Name]:
        """Name the mistakes that the rows handed in could show on some problem."""
        possible = filter(self.exact.possible, self.exact.mistakes)
        return [name for name in possible if not self.always(Hidden((name,)))]

    def hidden(self, names: Iterable[Name]) -> Iterator[Hidden]:
        """Find the mistakes that give the right numbers."""
        found: dict[tuple[str, str], list[Name]] = {}
        for name in names:
            if self.either(Hidden((name,))):
                found.setdefault((name.id, name.symbol), []).append(name)
        return (Hidden(tuple(group)) for group in found.values())

    def alike(self, names: Iterable[Name]) -> tuple[list[Alike], list[Alike]]:
        """Find the mistakes that give the same numbers: on this problem, and on all of this form."""
        pairs = [Alike((pair,)) for pair in combinations(names, 2) if pair[0].id != pair[1].id]
        pairs = [pair for pair in pairs if self.either(pair)]
        always = [pair for pair in pairs if self.always(pair)]
        return grouped(pair for pair in pairs if pair not in always), grouped(always)

    def faint(self) -> Iterator[Faint]:
        """Find the rows whose numbers say little; one that does so on random numbers is made to."""
        for symbol in self.rounded.rows:
            spots = (Faint(symbol, how) for how in FAINT)
            found = next((spot for spot in spots if spot.holds(self.rounded)), None)
            if found and not found.holds(self.others[0]):
                yield found


def grouped(pairs: Iterable[Alike]) -> list[Alike]:
    """Join pairs that have a mistake in common."""
    groups: list[Alike] = []
    for pair in pairs:
        near = [group for group in groups if {*pair.names} & {*group.names}]
        groups = [group for group in groups if group not in near]
        groups.append(Alike(tuple(both for group in (*near, pair) for both in group.pairs)))
    return groups


if TYPE_CHECKING:
    Values = Mapping[str, Array | None]


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
        self.right = LazyPage(setting.page, {**setting.givens, **setting.constants}, (), self.rounded)
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
        working = LazyPage(self.setting.page, given, mistake.rows, self.rounded)
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
