"""What a problem cannot show: mistakes with the right numbers or the same ones, and rows that say little."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.homework.tolerance import near, slack
from attncli.language import N_, _
from attncli.mistakes.catalogue import Mistake, catalogue
from attncli.page.lazy import LazyPage
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from attncli.calculation import Setting
    from attncli.ops.op import Array

    Values = Mapping[str, Array | None]


NOISE = 1e-12  # what float64 leaves of a number that should be 0


class Name(NamedTuple):
    """What a mistake is called on every problem of one form: its id, its first row and what was written."""

    id: str
    symbol: str
    formulas: tuple[str, ...]


class Variants:
    """A problem's right rows, and what each mistake makes of the rows that are handed in.

    ``rows`` are the symbols of those; ``decimals``: each row is rounded to so many before the next
    one uses it, None: nothing is rounded. Raises AttnError where a number grows too large.
    """

    def __init__(self, setting: Setting, rows: Collection[str], decimals: int | None = None) -> None:
        self.setting = setting
        self.order = [row.symbol for row in setting.page.rows]
        self.rows = [symbol for symbol in self.order if symbol in rows]
        self.rounded = None if decimals is None else Rounding(decimals).matrix
        self.right = LazyPage(setting.page, {**setting.givens, **setting.constants}, (), self.rounded)
        for symbol in self.order:
            self.right[symbol]  # asked for, it is worked out
        self._values: dict[Name, Values] = {}

    @cached_property
    def mistakes(self) -> dict[Name, Mistake]:
        """Every mistake that is met on paper and could be made on this page, by its name, in its order."""
        page, problem = self.setting.page, self.setting.problem
        found = {
            Name(one.id, one.rows[0].symbol, tuple(problem.words(row.formula) for row in one.rows)): one
            for one in catalogue(page, frozenset(self.right), problem.sizes, out_in=problem.out_in)
            if not one.code
        }
        return {
            name: found[name]
            for name in sorted(found, key=lambda name: (self.order.index(name.symbol), name))
        }

    def values(self, name: Name) -> Values:
        """Work out what a mistake makes of the rows handed in; None where nothing can come out."""
        if name not in self._values:
            wrong = self.mistakes[name].rows
            first = min(self.order.index(row.symbol) for row in wrong)
            given = {
                symbol: value for symbol, value in self.right.items() if symbol not in self.order[first:]
            }
            page = LazyPage(self.setting.page, given, wrong, self.rounded)
            # where all is handed in, the rest follows from the wrong rows
            shown = [row.symbol for row in wrong] if self.rows == self.order else self.rows
            self._values[name] = {
                symbol: page.tried(page.rows[symbol]) for symbol in shown if self.order.index(symbol) >= first
            }
        return self._values[name]

    def possible(self, name: Name) -> bool:
        """Whether a mistake gives any number in the rows handed in: shapes or zeros may forbid it."""
        return any(value is not None for value in self.values(name).values())

    def hides(self, name: Name) -> bool:
        """Whether a mistake gives the right numbers in all rows handed in."""
        return all(same(value, self.right[symbol]) for symbol, value in self.values(name).items())

    def confuses(self, one: Name, other: Name) -> bool:
        """Whether two mistakes give the same numbers in all rows handed in."""
        first, second = self.values(one), self.values(other)
        return all(
            same(first.get(symbol, self.right[symbol]), second.get(symbol, self.right[symbol]))
            for symbol in {**first, **second}
        )


def same(one: Array | None, other: Array | None) -> bool:
    """Whether two mistakes come to the same numbers, or both to none."""
    if one is None or other is None:
        return one is other
    if one.shape != other.shape:
        return False
    with np.errstate(invalid="ignore"):  # of differences between infinities
        return bool(near(one, other, slack(other) + NOISE).all())


@dataclass(frozen=True)
class BlindSpot:
    """Something that a problem cannot show, and whether that ``holds`` for another problem of its form.

    ``kind`` is "hidden", "alike" or "faint", ``rows`` are where it would show, ``says`` what is the matter.
    """

    kind: str
    rows: tuple[str, ...]
    says: str
    names: tuple[Name, ...]
    holds: Callable[[Variants], bool] = field(compare=False, repr=False)


def blind_spot(kind: str, says: str, names: Iterable[Name], holds: Callable[[Variants], bool]) -> BlindSpot:
    """Return what is to be said of mistakes, each once."""
    names = tuple(dict.fromkeys(names))
    return BlindSpot(kind, tuple(dict.fromkeys(name.symbol for name in names)), says, names, holds)


def hidden(names: Collection[Name]) -> BlindSpot:
    """One mistake, in some of the ways in which it is written, that gives the right numbers."""
    says = _("the right numbers come out")
    return blind_spot("hidden", says, names, lambda on: any(map(on.hides, names)))


def alike(pairs: Collection[tuple[Name, Name]]) -> BlindSpot:
    """Mistakes with different ids that give the same numbers, pair by pair."""
    says = _("the same numbers come out")
    names = (name for pair in pairs for name in pair)
    return blind_spot("alike", says, names, lambda on: any(on.confuses(*pair) for pair in pairs))


def faint(symbol: str) -> list[BlindSpot]:
    """A row whose numbers say little, in each way in which it may."""
    return [
        BlindSpot("faint", (symbol,), _(says), (), partial(holds, symbol=symbol)) for says, holds in FAINT
    ]


def zero(on: Variants, symbol: str) -> bool:
    """Whether a row is all 0."""
    return bool((np.abs(on.right[symbol]) <= NOISE).all())


def saturated(on: Variants, symbol: str) -> bool:
    """Whether half of the rows of A, or more, are 0 and 1 although they have a choice; or all of P is."""
    if symbol not in {"A", "P"} or symbol not in on.order:
        return False
    decided = np.isin(on.right[symbol], (0.0, 1.0)).all(axis=-1)
    if symbol == "P":
        return bool(decided.all())
    choice = np.isfinite(on.right[on.setting.page.row["A"].args[0]]).sum(axis=-1) > 1
    return bool(choice.any() and 2 * (decided & choice).sum() >= choice.sum())


def uniform(on: Variants, symbol: str) -> bool:
    """Whether a matrix has several rows, and all of them are the same."""
    value: Array = on.right[symbol]
    several = value.ndim > 1 and value.shape[-2] > 1
    return several and all(same(row, value[..., 0, :]) for row in np.moveaxis(value, -2, 0))


FAINT: tuple[tuple[str, Callable[..., bool]], ...] = (
    (N_("every number is 0"), zero),
    (N_("0 and 1, in half of the rows or more"), saturated),
    (N_("all rows are the same"), uniform),
)


@dataclass(frozen=True)
class Search:
    """Looks for blind spots of a problem, ``exact`` and at the decimals asked for.

    ``others`` are random problems of the same form, the first of them of the same sizes: what cannot
    be seen on any of them either is no fault of this problem.
    """

    exact: Variants
    rounded: Variants
    others: tuple[Variants, ...]

    def holds(self, spot: BlindSpot) -> bool:
        """Whether it is so on this problem, exactly or at the decimals asked for."""
        return spot.holds(self.exact) or spot.holds(self.rounded)

    def always(self, spot: BlindSpot) -> bool:
        """Whether no problem of this form could show it."""
        return all(map(spot.holds, self.others))

    def names(self) -> list[Name]:
        """Return the mistakes that the rows handed in could show on some problem."""
        possible = filter(self.exact.possible, self.exact.mistakes)
        return [name for name in possible if not self.always(hidden([name]))]

    def hidden(self, names: Iterable[Name]) -> list[BlindSpot]:
        """Find the mistakes that give the right numbers."""
        groups: dict[tuple[str, str], list[Name]] = {}
        for name in names:
            if self.holds(hidden([name])):
                groups.setdefault((name.id, name.symbol), []).append(name)
        return [hidden(group) for group in groups.values()]

    def alike(self, names: Iterable[Name]) -> tuple[list[BlindSpot], list[BlindSpot]]:
        """Find the mistakes that give the same numbers: on this problem, and on all of this form."""
        pairs = [pair for pair in combinations(names, 2) if pair[0].id != pair[1].id]
        pairs = [pair for pair in pairs if self.holds(alike([pair]))]
        always = {pair for pair in pairs if self.always(alike([pair]))}
        here = [pair for pair in pairs if pair not in always]
        return grouped(here), grouped(pair for pair in pairs if pair in always)

    def faint(self) -> list[BlindSpot]:
        """Find the rows whose numbers say little; one that does so on random numbers is made to."""
        first = (
            next((spot for spot in faint(row) if spot.holds(self.rounded)), None) for row in self.rounded.rows
        )
        words = self.exact.setting.problem.words
        found = (spot for spot in first if spot and not spot.holds(self.others[0]))
        return [replace(spot, says=words(spot.says)) for spot in found]


def grouped(pairs: Iterable[tuple[Name, Name]]) -> list[BlindSpot]:
    """Join pairs that have a mistake in common."""
    groups: list[list[tuple[Name, Name]]] = []
    for pair in pairs:
        touching = [group for group in groups if any({*pair} & {*other} for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(other for group in touching for other in group), pair])
    return [alike(group) for group in groups]
