"""What of a student's answer may be gone on from: follow-through is not a loophole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from attncli.page.lazy import LazyPage
from attncli.rounding import MOST_DECIMALS, Rounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from attncli.homework.answer import Answer
    from attncli.homework.key import Key
    from attncli.ops.op import Array
    from attncli.page.page import Row
HALVES = ("half-up", "half-even")


def fitted(answer: Answer, key: Key, symbol: str) -> Answer:
    """Read an answer as one to this row.

    One number may stand in brackets of its own, a vector in a matrix of one row; −∞ is a number only in M.
    """
    if answer.fault:
        return answer
    right = key.values[symbol]
    if answer.values.shape != right.shape and squeezed(answer.values) == squeezed(right):
        answer = replace(
            answer,
            values=answer.values.reshape(right.shape),
            blank=answer.blank.reshape(right.shape),
            unreadable=answer.unreadable.reshape(right.shape),
            exact=answer.exact.reshape(right.shape),
        )
    if answer.plain or symbol == "M":
        return answer
    infinite = np.isneginf(answer.values)
    if infinite.any():
        values = np.where(infinite, np.nan, answer.values)
        answer = replace(answer, values=values, unreadable=answer.unreadable | infinite)
    return answer


def squeezed(values: Array) -> tuple[int, ...]:
    """Return a shape without the brackets that hold only one thing."""
    shape = values.shape
    while shape and (shape[0] == 1 or values.size == 1):
        shape = shape[1:]
    return shape


def filled(answer: Answer, own: Array | None, right: Array) -> Array:
    """Put what follows from earlier rows into blank cells, and the key's numbers into unreadable ones."""
    if answer.plain:
        return answer.values
    values = np.where(answer.blank, right if own is None else own, answer.values)
    return np.where(answer.unreadable, right, values)


def usable(values: Array, right: Array, symbol: str, answer: Answer, *, explained: bool) -> Array:
    """Return what later rows may be worked out from: the answer, or the key's value in its place.

    All zero or all equal where the key is not is trivial. Each row of A must sum to 1, as far as its
    rounding allows, unless a known mistake explains why it does not.
    """
    if values.size > 1 and (values == values.flat[0]).all() and not (right == right.flat[0]).all():
        return right
    if symbol == "A" and not explained:
        allowed = values.shape[-1] * (0.5 * 10.0**-answer.decimals) + 1e-9
        adrift = np.abs(values.sum(axis=-1) - right.sum(axis=-1)) > allowed
        return np.where(adrift[..., None], right, values) if adrift.any() else values
    return values


class Workings:
    """What each row would be: from the numbers as written, or from the full ones behind them.

    Rows that were left blank may have been worked out in full or rounded to the sheet's decimals.
    ``rows`` are the page's rows that the student is known to have done in another way, ``set_aside`` the
    student's numbers that earn nothing further on: of another shape, or trivial.
    """

    def __init__(self, key: Key, answers: Mapping[str, Answer]) -> None:
        self.key = key
        self.answers = answers
        self.written: dict[str, Array] = {}
        self.in_full: dict[str, Array] | None = None
        self.rows: tuple[Row, ...] = ()
        self.set_aside: dict[str, Array] = {}
        self.own = LazyPage(key.page, key.given)
        self._behind: LazyPage | None = None
        self._rounded: tuple[LazyPage, ...] | None = None

    def keep(self, symbol: str, value: Array, *, in_full: Array | None = None) -> None:
        """Go on with a row's value; ``in_full``: what a wrong one was before it was written down."""
        self.written[symbol] = self.own[symbol] = value
        for working in self._rounded or ():
            working[symbol] = value
        if in_full is not None:
            self.in_full = {**(self.in_full or {}), symbol: in_full}
            if self._behind is None:
                self._behind = self.fork(self.in_full)
            self._behind[symbol] = in_full

    def swap(self, rows: Iterable[Row]) -> None:
        """From now on, take it that these rows were done so."""
        self.rows = (*self.rows, *rows)
        self.own = self.fork(self.written)
        self._behind = self.fork(self.in_full or {})
        self._rounded = None

    def fork(self, values: Mapping[str, Array], rows: Iterable[Row] = (), decimals: str = "") -> LazyPage:
        """Work from these values; ``decimals``: how halves are rounded in blank rows, else they are not."""
        rounded = Rounding(self.decimals, decimals).matrix if decimals and self.decimals else None
        return LazyPage(self.key.page, {**self.key.given, **values}, (*self.rows, *rows), rounded)

    @cached_property
    def decimals(self) -> int:
        """The number of decimals in most of the sheet's rows; 0 where no row shows any."""
        written = Counter(answer.decimals for answer in self.answers.values() if answer.decimals)
        return min(MOST_DECIMALS, max(written, key=written.__getitem__, default=0))

    def blanks(self, symbol: str) -> set[str]:
        """Name the rows left blank that stand between a row and those that are answered."""
        page, found = self.key.page, set()
        open_ends = [name for name, _ in page.row[symbol].reads]
        while open_ends:
            name = open_ends.pop()
            if name in page.row and name not in self.answers and name not in found:
                found.add(name)
                open_ends += [arg for arg, _ in page.row[name].reads]
        return found

    def towards(self, symbol: str) -> Iterator[LazyPage]:
        """Go through the ways of working towards a row, the likeliest first."""
        yield self.own
        if self._behind is not None:
            yield self._behind
        if self.decimals and self.blanks(symbol):
            if self._rounded is None:
                self._rounded = tuple(self.fork(self.written, decimals=half) for half in HALVES)
            yield from self._rounded

    def values_of(self, symbol: str, row: Row) -> Iterator[Array]:
        """Work out a row, right or wrong, in every way; a loss from P and from O."""
        for on_paper in (True, False) if symbol in {"L", "dP"} else (True,):
            for working in self.towards(symbol):
                value = working.tried(row, on_paper=on_paper)
                if value is not None:
                    yield value

    def as_it_stands(self) -> LazyPage | None:
        """Work from everything that the student wrote; None where that is no other way than the rest."""
        return self.fork({**self.written, **self.set_aside}) if self.set_aside else None

    def full(self, row: Row) -> Array | None:
        """Work out a wrong row from numbers that were not rounded."""
        working = self._behind if self._behind is not None else self.fork(self.in_full or {})
        return working.tried(row)
