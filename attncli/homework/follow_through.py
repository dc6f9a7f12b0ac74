"""Follow-through: what a row should be, worked out from the student's own earlier rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attncli.choices import MOST_DECIMALS
from attncli.homework.answer import turned
from attncli.homework.by_hand import ways_of
from attncli.homework.forms import shaped
from attncli.homework.tolerance import hides
from attncli.page.lazy import IMPOSSIBLE, LazyPage
from attncli.problem.keys import WEIGHTS
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.homework.by_hand import Places
    from attncli.homework.key import Key
    from attncli.ops.op import Array
    from attncli.page.page import Row


HALVES = ("half-up", "half-even")
MOST_FITS = 3  # explanations of one row that are followed up
MATRIX = 2  # axes
MOST_TERMS = 512  # of a cell that a person adds up by hand


class FollowThrough:
    """What each row would be: from the numbers as written, or from the unrounded ones behind them.

    Rows that were left blank may have been worked out in full or rounded to the sheet's decimals. ``rows``
    are the page's rows that the student is known to have done differently, ``set_aside`` the student's
    numbers that earn nothing further on: of another shape, or trivial.
    """

    def __init__(self, key: Key, answers: Mapping[str, Answer], decimals: int) -> None:
        self.key = key
        self.answers = answers
        self.decimals = min(MOST_DECIMALS, decimals)
        self.written: dict[str, Array] = {}
        self.unrounded: dict[str, Array] = {}
        self.meant: dict[str, Array] = {}
        self.copied: dict[str, Array] = {}
        self.rows: tuple[Row, ...] = ()
        self.mistaken: tuple[Row, ...] = ()
        self.set_aside: dict[str, Array] = {}
        self.own = LazyPage(key.page, key.given)
        self._exact: LazyPage | None = None  # from the unrounded numbers, once there are any
        self._meant: LazyPage | None = None  # from what should have stood there, once something else does
        self._copied: LazyPage | None = None  # from a given as it was copied
        self._rounded: tuple[LazyPage, ...] = ()
        self._consistent: tuple[LazyPage, ...] = ()  # with the derivative of what was done

    def keep(
        self, symbol: str, value: Array, *, unrounded: Array | None = None, meant: Array | None = None
    ) -> None:
        """Go on with a row's value.

        ``unrounded``: what a wrong one was before it was written down; ``meant``: what should stand there.
        """
        self.written[symbol] = self.own[symbol] = value
        for page in (*self._rounded, *self._consistent, self._copied):
            if page is not None:
                page[symbol] = value
        if unrounded is not None:
            self.unrounded[symbol] = unrounded
            if self._exact is None:
                self._exact = self.page(self.unrounded)
            self._exact[symbol] = unrounded
        if meant is not None:
            self.meant[symbol] = meant
            if self._meant is None:
                self._meant = self.page({**self.written, **self.meant})
        if self._meant is not None:
            self._meant[symbol] = value if meant is None else meant

    def swap(self, rows: Iterable[Row]) -> None:
        """From now on, take it that these rows were done so."""
        self.rows = (*self.rows, *rows)
        self.own, self._rounded = self.page(self.written), ()
        self._exact = self.page(self.unrounded)
        self._meant = self.page({**self.written, **self.meant}) if self.meant else None
        self._copied = self.page({**self.copied, **self.written}) if self.copied else None

    def copy(self, symbol: str, value: Array) -> None:
        """From now on, allow for a given that was copied so."""
        self.copied[symbol] = value
        self._copied = self.page({**self.copied, **self.written})

    def derive(self, found: Sequence[Sequence[Row]]) -> None:
        """From now on, allow for gradients that are right for what was done: one of these explanations."""
        pages = []
        for rows in found[:MOST_FITS]:
            mistaken = (*self.mistaken, *rows)
            wrong = {row.symbol for row in mistaken}
            page = self.key.consistent(mistaken)
            if page is not None:
                full = {symbol: value for symbol, value in self.written.items() if symbol not in wrong}
                pages += [LazyPage(page, {**self.key.given, **values}) for values in (self.written, full)]
                rounded = Rounding(self.decimals).matrix if self.decimals else None
                pages.append(LazyPage(page, {**self.key.given, **self.written}, (), rounded))
        if pages:
            self.mistaken, self._consistent = (*self.mistaken, *found[0]), tuple(pages)

    def page(self, values: Mapping[str, Array], rows: Iterable[Row] = (), half: str = "") -> LazyPage:
        """Return the page that goes on from these values; ``half``: how blank rows are rounded, if at all."""
        rounded = Rounding(self.decimals, half).matrix if half and self.decimals else None
        return LazyPage(self.key.page, {**self.key.given, **values}, (*self.rows, *rows), rounded)

    def blanks_before(self, symbol: str) -> set[str]:
        """Return the rows left blank that stand between a row and those that are answered."""
        rows, found = self.key.page.row, set()
        open_ends = [name for name, _ in rows[symbol].reads]
        while open_ends:
            name = open_ends.pop()
            if name in rows and name not in self.answers and name not in found:
                found.add(name)
                open_ends += [arg for arg, _ in rows[name].reads]
        return found

    def pages_to(self, symbol: str) -> Iterator[LazyPage]:
        """Go through the pages from which a row may have been worked out, the likeliest first."""
        yield self.own
        if self._exact is not None:
            yield self._exact
        if self.decimals and self.blanks_before(symbol):
            self._rounded = self._rounded or tuple(self.page(self.written, half=half) for half in HALVES)
            yield from self._rounded

    def values(self, symbol: str, row: Row) -> Iterator[Array]:
        """Work out a row, right or wrong, from each of these pages; a loss from P and from O."""
        for on_paper in (True, False) if symbol in {"L", "dP"} else (True,):
            for page in self.pages_to(symbol):
                value = page.tried(row, on_paper=on_paper)
                if value is not None:
                    yield value

    def right_values(self, symbol: str) -> Iterator[Array]:
        """Work out what a row may rightly be; also from what was meant where something else was written."""
        yield from self.values(symbol, self.own.rows[symbol])
        if self._meant is not None and (value := self._meant.tried(self._meant.rows[symbol])) is not None:
            yield value

    def consistent_values(self, symbol: str) -> Iterator[Array]:
        """Work out a row as is right for a given as it was copied, or for a page that was done otherwise."""
        for page in filter(None, (self._copied, *self._consistent)):
            with suppress(*IMPOSSIBLE, KeyError):  # what no longer leads to the loss has no gradient
                yield page.compute(page.rows[symbol])

    def by_hand(self, symbol: str) -> Callable[[tuple[int, ...], Collection[Places]], Iterator[float]]:
        """Return what works out one cell as with a pocket calculator, from the numbers as written."""
        sizes = self.key.problem.sizes
        pages = [self.own, self._meant, *self._rounded[:1], self.jotted(symbol)]
        if max(sizes.values()) > MOST_TERMS:
            pages = []

        def ways(index: tuple[int, ...], places: Collection[Places]) -> Iterator[float]:
            for page in filter(None, pages):
                with suppress(*IMPOSSIBLE, KeyError):
                    yield from ways_of(page.rows[symbol], index, page, sizes, places)

        return ways

    def jotted(self, symbol: str) -> LazyPage | None:
        """Return the page with what a row reads rounded, where that was left blank but may be jotted down."""
        rows = self.key.page.row
        blank = [name for name, _ in rows[symbol].reads if name in rows and name not in self.answers]
        if not (blank and self.decimals):
            return None
        rounded = Rounding(self.decimals).matrix
        with suppress(*IMPOSSIBLE):
            return self.page({**self.own, **{name: rounded(self.own[name]) for name in blank}})
        return None

    def with_set_aside(self) -> LazyPage | None:
        """Return the page from everything that the student wrote; None where nothing was set aside."""
        return self.page({**self.written, **self.set_aside}) if self.set_aside else None

    def exact(self, row: Row) -> Array | None:
        """Work out a wrong row from numbers that were not rounded."""
        return (self._exact if self._exact is not None else self.page(self.unrounded)).tried(row)


def fit(answer: Answer, key: Key, symbol: str) -> Answer:
    """Take an answer as one to this row.

    Its shape may differ where it is clear what is meant; −∞ is a number only in M, and where it comes from M.
    """
    if answer.fault:
        return answer
    right, row = key.values[symbol], key.page.row[symbol]
    if key.problem.out_in and not key.lying and row.of in WEIGHTS:
        answer = turned_back(answer, right)
    shape = key.shown(right.shape)
    if answer.values.shape != shape:
        heads = right.shape[0] if right.ndim > MATRIX else key.problem.form.heads
        answer = shaped(answer, shape, heads)
    if key.lying:
        answer = turned(answer)
    if symbol in key.hiding:
        return hiding(answer, right)
    if answer.plain:
        return answer
    infinite = np.isneginf(answer.values)
    if infinite.any():
        values = np.where(infinite, np.nan, answer.values)
        answer = replace(answer, values=values, unreadable=answer.unreadable | infinite)
    return answer


def hiding(answer: Answer, right: Array) -> Answer:
    """Read −∞ where M has it and the answer is blank, or so low that the softmax sees no difference."""
    hidden = np.isneginf(right)
    if answer.values.shape != right.shape or not hidden.any():
        return answer
    if (hidden & ~answer.blank & ~hides(answer.values, hidden, answer.decimals)).any():
        return answer
    values = np.where(hidden, -np.inf, answer.values)
    return replace(answer, values=values, blank=answer.blank & ~hidden, plain=False)


def turned_back(answer: Answer, right: Array) -> Answer:
    """Turn a gradient that is handed in as its weight stands in the config: that is as right."""
    values, shape = answer.values, answer.values.shape
    if shape != right.T.shape or (shape == right.shape and not closer(values.T, values, right)):
        return answer
    return turned(answer)


def closer(one: Array, other: Array, right: Array) -> bool:
    """Whether one matrix is closer to the right one than another is."""
    return bool(np.nansum(np.abs(one - right)) < np.nansum(np.abs(other - right)))


def fill(answer: Answer, own: Array | None, right: Array) -> Array:
    """Put what follows from earlier rows into blank cells, and the key's numbers into unreadable ones."""
    if answer.plain:
        return answer.values
    values = np.where(answer.blank, right if own is None else own, answer.values)
    return np.where(answer.unreadable, right, values)
