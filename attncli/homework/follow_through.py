"""Follow-through: what a row should be, worked out from the student's own earlier rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from attncli.choices import MOST_DECIMALS
from attncli.homework.forms import shaped
from attncli.page.lazy import LazyPage
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from attncli.homework.answer import Answer
    from attncli.homework.key import Key
    from attncli.ops.op import Array
    from attncli.page.page import Row


HALVES = ("half-up", "half-even")


class FollowThrough:
    """What each row would be: from the numbers as written, or from the unrounded ones behind them.

    Rows that were left blank may have been worked out in full or rounded to the sheet's decimals. ``rows``
    are the page's rows that the student is known to have done differently, ``set_aside`` the student's
    numbers that earn nothing further on: of another shape, or trivial.
    """

    def __init__(self, key: Key, answers: Mapping[str, Answer]) -> None:
        self.key = key
        self.answers = answers
        self.written: dict[str, Array] = {}
        self.unrounded: dict[str, Array] = {}
        self.rows: tuple[Row, ...] = ()
        self.set_aside: dict[str, Array] = {}
        self.own = LazyPage(key.page, key.given)
        self._exact: LazyPage | None = None  # from the unrounded numbers, once there are any
        self._rounded: tuple[LazyPage, ...] = ()

    def keep(self, symbol: str, value: Array, *, unrounded: Array | None = None) -> None:
        """Go on with a row's value; ``unrounded``: what a wrong one was before it was written down."""
        self.written[symbol] = self.own[symbol] = value
        for page in self._rounded:
            page[symbol] = value
        if unrounded is not None:
            self.unrounded[symbol] = unrounded
            if self._exact is None:
                self._exact = self.page(self.unrounded)
            self._exact[symbol] = unrounded

    def swap(self, rows: Iterable[Row]) -> None:
        """From now on, take it that these rows were done so."""
        self.rows = (*self.rows, *rows)
        self.own, self._exact, self._rounded = self.page(self.written), self.page(self.unrounded), ()

    def page(self, values: Mapping[str, Array], rows: Iterable[Row] = (), half: str = "") -> LazyPage:
        """Return the page that goes on from these values; ``half``: how blank rows are rounded, if at all."""
        rounded = Rounding(self.decimals, half).matrix if half and self.decimals else None
        return LazyPage(self.key.page, {**self.key.given, **values}, (*self.rows, *rows), rounded)

    @cached_property
    def decimals(self) -> int:
        """The number of decimals in most of the sheet's rows; 0 where no row shows any."""
        counts = Counter(answer.decimals for answer in self.answers.values() if answer.decimals)
        return min(MOST_DECIMALS, max(counts, key=counts.__getitem__, default=0))

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

    def with_set_aside(self) -> LazyPage | None:
        """Return the page from everything that the student wrote; None where nothing was set aside."""
        return self.page({**self.written, **self.set_aside}) if self.set_aside else None

    def exact(self, row: Row) -> Array | None:
        """Work out a wrong row from numbers that were not rounded."""
        return (self._exact if self._exact is not None else self.page(self.unrounded)).tried(row)


def fit(answer: Answer, key: Key, symbol: str) -> Answer:
    """Take an answer as one to this row.

    Its shape may differ where it is clear what is meant; −∞ is a number only in M.
    """
    if answer.fault:
        return answer
    right = key.values[symbol]
    if answer.values.shape != right.shape:
        answer = shaped(answer, right.shape, key.problem.form.heads)
    if answer.plain or symbol == "M":
        return answer
    infinite = np.isneginf(answer.values)
    if infinite.any():
        values = np.where(infinite, np.nan, answer.values)
        answer = replace(answer, values=values, unreadable=answer.unreadable | infinite)
    return answer


def fill(answer: Answer, own: Array | None, right: Array) -> Array:
    """Put what follows from earlier rows into blank cells, and the key's numbers into unreadable ones."""
    if answer.plain:
        return answer.values
    values = np.where(answer.blank, right if own is None else own, answer.values)
    return np.where(answer.unreadable, right, values)


def fair(values: Array, right: Array, symbol: str, answer: Answer, *, explained: bool) -> Array:
    """Return what later rows may go on from: the answer, or where that is a loophole the key's value.

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
