"""Follow-through: what a row should be, worked out from the student's own earlier rows."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attncli.choices import MOST_DECIMALS
from attncli.homework.by_hand import ways_of
from attncli.mistakes.consistent import consistent_page
from attncli.page.lazy import IMPOSSIBLE, LazyPage
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from attncli.homework.answer import Answer
    from attncli.homework.by_hand import Places
    from attncli.homework.key import Key
    from attncli.ops.op import Array
    from attncli.page.page import Row


HALVES = ("half-up", "half-even")
LOWEST = 4  # decimals, at least, to which a weight must be 0
MOST_FITS = 3  # explanations of one row that are followed up
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
            page = consistent_page(self.key.page, mistaken)
            if page is not None:
                pages.append(LazyPage(page, {**self.key.given, **self.written}))
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
        if self._copied is not None:
            yield self._copied
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
        """Work out a gradient as it is right for a forward pass that was done otherwise."""
        for page in self._consistent:
            if symbol in page.rows and (value := page.tried(page.rows[symbol])) is not None:
                yield value

    def by_hand(self, symbol: str, index: tuple[int, ...], places: Collection[Places]) -> Iterator[float]:
        """Work out one cell as with a pocket calculator, from the numbers as written."""
        if max(self.key.problem.sizes.values()) <= MOST_TERMS:
            for page in filter(None, (self.own, self._meant)):
                with suppress(*IMPOSSIBLE, KeyError):
                    yield from ways_of(page.rows[symbol], index, page, self.key.problem.sizes, places)

    def with_set_aside(self) -> LazyPage | None:
        """Return the page from everything that the student wrote; None where nothing was set aside."""
        return self.page({**self.written, **self.set_aside}) if self.set_aside else None

    def exact(self, row: Row) -> Array | None:
        """Work out a wrong row from numbers that were not rounded."""
        return (self._exact if self._exact is not None else self.page(self.unrounded)).tried(row)


def fit(answer: Answer, key: Key, symbol: str) -> Answer:
    """Take an answer as one to this row.

    One number may stand in brackets of its own, a vector in a matrix of one row; −∞ is a number only in M. An
    array is as exact as its precision lets it be.
    """
    if answer.fault:
        return answer
    right = key.values[symbol]
    if answer.values.shape != right.shape and bare_shape(answer.values) == bare_shape(right):
        masks = {
            name: getattr(answer, name).reshape(right.shape) for name in ("blank", "unreadable", "exact")
        }
        spread = None if answer.spread is None else answer.spread.reshape(right.shape)
        answer = replace(answer, values=answer.values.reshape(right.shape), spread=spread, **masks)
    if answer.precision is not None:
        half = max(0.5 * 10.0**-answer.decimals, answer.precision * key.errors(symbol))
        answer = replace(answer, spread=np.full(answer.values.shape, half), plain=False)
    if symbol == "M":
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
    seen = np.where(hidden | np.isnan(answer.values), -np.inf, answer.values)
    top = seen.max(axis=-1, keepdims=True)
    low = np.where(np.isfinite(top), top, 0.0) - math.log(2) - max(answer.decimals, LOWEST) * math.log(10)
    meant = hidden & (answer.blank | (answer.values <= low))
    if not meant.any():
        return answer
    values = np.where(meant, -np.inf, answer.values)
    return replace(answer, values=values, blank=answer.blank & ~meant, plain=False)


def bare_shape(values: Array) -> tuple[int, ...]:
    """Return a shape without the brackets that hold only one thing."""
    shape = values.shape
    while shape and (shape[0] == 1 or values.size == 1):
        shape = shape[1:]
    return shape


def fill(answer: Answer, own: Array | None, right: Array) -> Array:
    """Put what follows from earlier rows into blank cells, and the key's numbers into unreadable ones."""
    if answer.plain:
        return answer.values
    values = np.where(answer.blank, right if own is None else own, answer.values)
    return np.where(answer.unreadable, right, values)
