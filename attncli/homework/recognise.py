"""Recognising what was done: the mistakes that give the student's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attncli.homework.follow_through import HALVES
from attncli.homework.key import near, slack
from attncli.homework.tolerance import agrees, allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from attncli.homework.answer import Answer
    from attncli.homework.follow_through import Workings
    from attncli.homework.policy import Tolerance
    from attncli.mistakes.catalogue import Mistake
    from attncli.ops.op import Array
    from attncli.page.lazy import LazyPage
    from attncli.page.page import Row


DRIFT = 200  # how many tolerances rounding a whole page may add up to
WEAK = 4  # fewer numbers than this may agree by chance
MANNERS = ("", *HALVES)

Mistakes = tuple["Mistake", ...]


class Fit(NamedTuple):
    """Mistakes that together give a row, and how many of the sheet's later rows go with them."""

    mistakes: Mistakes
    later: int


class Recogniser:
    """Looks for the mistakes behind one sheet's wrong rows."""

    def __init__(self, workings: Workings, tolerance: Tolerance) -> None:
        self.workings = workings
        self.key = workings.key
        self.tolerance = tolerance

    def mistakes(self, symbol: str) -> list[Mistakes]:
        """Find every explanation of a wrong row: mistakes in it, or in rows left blank before it."""
        answer = self.workings.answers[symbol]
        standing = self.workings.as_it_stands()
        if standing is not None and self.agrees(answer, standing.tried(standing.rows[symbol])):
            return []  # right, but for numbers that may not be gone on from: they have been told already
        blanks = self.workings.blanks(symbol)
        here: list[Mistakes] = [
            (mistake,) for mistake in self.key.mistakes[symbol] if self.fits_here(symbol, mistake, standing)
        ]
        if not blanks:
            return here
        where = [name for name in self.key.symbols if name in blanks]
        singles = unique((mistake,) for name in where for mistake in self.key.mistakes[name])
        fits = [*self.fits(symbol, [*here, *singles], MANNERS)]
        best = max((fit.later for fit in fits), default=-1)
        later = sum(1 for _ in self.later(symbol))
        weak = answer.values.size < WEAK
        whole = answer.values.shape == self.key.values[symbol].shape
        if whole and (not fits or (weak and best == 0 < later)):
            mistakes = unique((*singles, *((mistake,) for mistake in self.key.mistakes[symbol])))
            found = [*self.fits(symbol, self.near_pairs(symbol, mistakes), MANNERS[:2])]
            top = max((fit.later for fit in found), default=-1)
            if top > best and (top > 0 or not weak):
                fits, best = found, top
        return [fit.mistakes for fit in fits if fit.later == best] or here

    def fits_here(self, symbol: str, mistake: Mistake, standing: LazyPage | None) -> bool:
        """Whether a mistake in this very row gives the student's numbers."""
        answer = self.workings.answers[symbol]
        row = next(row for row in mistake.rows if row.symbol == symbol)
        if any(self.agrees(answer, value) for value in self.workings.values_of(symbol, row)):
            return True
        return standing is not None and self.agrees(answer, standing.tried(row))

    def fits(self, symbol: str, candidates: Iterable[Mistakes], manners: Sequence[str]) -> Iterator[Fit]:
        """Try each of several explanations on a row, and then on what comes behind it."""
        answer = self.workings.answers[symbol]
        for mistakes in candidates:
            found = [
                self.later_fits(symbol, self.working_with(mistakes, manner))
                for manner in manners
                if self.agrees(answer, self.value_with(symbol, mistakes, manner))
            ]
            if found:
                yield Fit(mistakes, max(found))

    def later_fits(self, symbol: str, working: LazyPage) -> int:
        """Count the answers behind a row that go with a way of working."""
        later = [*self.later(symbol)]
        working.update((name, answer.values) for name, answer in later)
        working[symbol] = self.workings.answers[symbol].values
        return sum(self.agrees(answer, working.tried(working.rows[name])) for name, answer in later)

    def working_with(self, mistakes: Mistakes, manner: str) -> LazyPage:
        """Work from the student's numbers, but with these mistakes."""
        return self.workings.fork(self.workings.written, rows_of(mistakes), manner)

    def value_with(self, symbol: str, mistakes: Mistakes, manner: str) -> Array | None:
        """Work out a row with one mistake or more in it or before it."""
        if len(mistakes) > 1 or not self.untouched(symbol):
            working = self.working_with(mistakes, manner)
            return working.tried(working.rows[symbol])
        known, name = self.key.single_signatures, (symbol, mistakes[0], manner, self.workings.decimals)
        if name not in known:
            working = self.working_with(mistakes, manner)
            known[name] = working.tried(working.rows[symbol])
        return known[name]

    def untouched(self, symbol: str) -> bool:
        """Whether nothing of the student's own goes into a row: then it is the same for every such sheet."""
        return not self.workings.rows and self.workings.written.keys().isdisjoint(self.key.before[symbol])

    def near_pairs(self, symbol: str, mistakes: Sequence[Mistakes]) -> Iterator[Mistakes]:
        """Go through the pairs of mistakes that come near to a row, if nothing is rounded on the way."""
        answer, known = self.workings.answers[symbol], self.key.pair_signatures
        if not self.untouched(symbol):
            found: Iterable[tuple[Mistakes, Array]] = self.pairs(symbol, mistakes)
        else:
            if symbol not in known:
                known[symbol] = tuple(self.pairs(symbol, mistakes))
            found = known[symbol]
        return (pair for pair, value in found if self.nearly(answer, value))

    def pairs(self, symbol: str, mistakes: Sequence[Mistakes]) -> Iterator[tuple[Mistakes, Array]]:
        """Work out a row with each pair of mistakes.

        There are thousands of pairs: each takes over what its first mistake leaves untouched.
        """
        for i, one in enumerate(mistakes):
            first = self.workings.fork(self.workings.written, rows_of(one))
            first.tried(first.rows[symbol])
            for other in mistakes[i + 1 :]:
                if apart(one, other):
                    rows = rows_of(other)
                    behind = {name for row in rows for name in self.key.behind[row.symbol]}
                    working = first.changed(rows, behind)
                    value = working.tried(working.rows[symbol])
                    if value is not None and value.shape == self.key.values[symbol].shape:
                        yield (*one, *other), value

    def nearly(self, answer: Answer, value: Array) -> bool:
        """Whether rounding on the way could have made these numbers the answer's."""
        limit = allowed(self.tolerance, answer, value, slack(value)) * DRIFT
        return bool((near(answer.values, value, limit) | answer.blank | answer.unreadable).all())

    def later(self, symbol: str) -> Iterator[tuple[str, Answer]]:
        """Go through the answers behind a row that are whole and have the right shape."""
        symbols = self.key.symbols
        for name in symbols[symbols.index(symbol) + 1 :]:
            answer = self.workings.answers.get(name)
            if answer and not answer.fault and answer.values.shape == self.key.values[name].shape:
                yield name, answer

    def agrees(self, answer: Answer, value: Array | None) -> bool:
        """Whether an answer's numbers are these; blank and unreadable cells say nothing."""
        return value is not None and agrees(self.tolerance, answer, value)


def unique(groups: Iterable[Mistakes]) -> list[Mistakes]:
    """Leave out repetitions: a mistake in several rows stands under each of them."""
    return list(dict.fromkeys(groups))


def rows_of(mistakes: Mistakes) -> list[Row]:
    """Gather the rows that mistakes write."""
    return [row for mistake in mistakes for row in mistake.rows]


def apart(one: Mistakes, other: Mistakes) -> bool:
    """Whether two mistakes concern different rows: a row can be done in one way only."""
    return {row.symbol for row in rows_of(one)}.isdisjoint(row.symbol for row in rows_of(other))
