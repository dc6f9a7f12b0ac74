"""Recognising mistakes: those that give the student's own numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import process_time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from attncli.homework.follow_through import HALVES
from attncli.homework.tolerance import near, slack, trivial

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.homework.follow_through import FollowThrough
    from attncli.homework.tolerance import Judge
    from attncli.mistakes.catalogue import Mistake
    from attncli.ops.op import Array
    from attncli.page.lazy import LazyPage
    from attncli.page.page import Row


DRIFT = 200  # how many tolerances rounding a whole page may add up to
WEAK = 4  # fewer numbers than this may agree by chance
ROUNDINGS = ("", *HALVES)
MOST_KEPT = 2**14  # numbers of a signature that is kept

Mistakes = tuple["Mistake", ...]
Candidate = TypeVar("Candidate")


class Fit(NamedTuple):
    """Mistakes that together give a row, and how many of the sheet's later rows go with them."""

    mistakes: Mistakes
    later: int


class Recogniser:
    """Looks for the mistakes behind one sheet's wrong rows, as long as the key's patience lasts."""

    def __init__(self, student: FollowThrough, judge: Judge) -> None:
        self.student = student
        self.key = student.key
        self.judge = judge
        self.agrees = judge.agrees
        self.until = process_time() + self.key.patience
        self.bounded = False

    def in_time(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Go through candidates until the time is up."""
        for candidate in candidates:
            if process_time() > self.until:
                self.bounded = True
                return
            yield candidate

    def mistakes(self, symbol: str) -> list[Mistakes]:
        """Find every explanation of a wrong row: mistakes in it, or in rows left blank before it."""
        answer = self.student.answers[symbol]
        if trivial(answer.values, self.key.values[symbol], picks=False):
            return []  # too many mistakes make everything 0
        unfiltered = self.student.with_set_aside()
        if unfiltered is not None and self.agrees(answer, unfiltered.tried(unfiltered.rows[symbol])):
            return []  # right, but for numbers that may not be gone on from: those are wrong already
        blanks = self.student.blanks_before(symbol)
        here = self.in_one(symbol, self.here(symbol, unfiltered), unfiltered) or self.left_to_chance(symbol)
        if not blanks:
            return here
        where = [name for name in self.key.symbols if name in blanks]
        singles = unique((mistake,) for name in self.in_time(where) for mistake in self.key.mistakes_in(name))
        fits = self.plainest(symbol, [*here, *singles])
        best = max((fit.later for fit in fits), default=-1)
        later = sum(1 for _ in self.later(symbol))
        weak = answer.values.size < WEAK
        whole = answer.values.shape == self.key.values[symbol].shape
        if whole and not self.bounded and (not fits or (weak and best == 0 < later)):
            mistakes = unique((*singles, *((mistake,) for mistake in self.key.mistakes_in(symbol))))
            mistakes = [one for one in mistakes if not in_code(one)]
            found = [*self.fits(symbol, self.near_pairs(symbol, mistakes), ROUNDINGS[:2])]
            top = max((fit.later for fit in found), default=-1)
            if top > best and (top > 0 or not weak):
                fits, best = found, top
        return [fit.mistakes for fit in fits if fit.later == best] or here

    def here(self, symbol: str, unfiltered: LazyPage | None) -> list[Mistakes]:
        """Find the mistakes in this very row: those that are met in code if no other fits."""
        for code in (False, True):
            told = (one for one in self.key.mistakes_in(symbol) if in_code((one,)) == code)
            fitting = (one for one in self.in_time(told) if self.fits_here(symbol, one, unfiltered))
            found: list[Mistakes] = [(one,) for one in fitting]
            if found:
                return found
        return []

    def plainest(self, symbol: str, candidates: Sequence[Mistakes]) -> list[Fit]:
        """Try explanations on a row: those met in code, where nothing is rounded, if no other fits."""
        for code, roundings in ((False, ROUNDINGS), (True, ROUNDINGS[:1])):
            fits = [*self.fits(symbol, (one for one in candidates if in_code(one) == code), roundings)]
            if fits:
                return fits
        return []

    def fits_here(self, symbol: str, mistake: Mistake, unfiltered: LazyPage | None) -> bool:
        """Whether a mistake in this very row gives the student's numbers."""
        answer = self.student.answers[symbol]
        row = next(row for row in mistake.rows if row.symbol == symbol)
        if any(self.agrees(answer, value) for value in self.student.values(symbol, row)):
            return True
        return unfiltered is not None and self.agrees(answer, unfiltered.tried(row))

    def in_one(self, symbol: str, found: list[Mistakes], unfiltered: LazyPage | None) -> list[Mistakes]:
        """Tell one slip in several rows from the same in this row alone: the other rows show which it was."""
        for many in [one for one in found if len(rows_of(one)) > 1]:
            parts = [one for one in found if {*rows_of(one)} < {*rows_of(many)}]
            others = {row.symbol for row in rows_of(many)} & self.student.answers.keys() - {symbol}
            if parts and others:
                whole = all(self.fits_here(name, many[0], unfiltered) for name in others)
                found = [one for one in found if (one not in parts if whole else one != many)]
        return found

    def left_to_chance(self, symbol: str) -> list[Mistakes]:
        """Find what cannot be worked out, but seen: weights of which some are gone, by chance."""
        from attncli.mistakes.dropout import DROPPED_WEIGHTS, dropped_weights  # noqa: PLC0415 - a right sheet needs none of it

        answer = self.student.answers[symbol]
        return [
            (mistake,)
            for mistake in self.key.catalogue[symbol]
            if any(row.op is DROPPED_WEIGHTS for row in mistake.rows)
            and any(
                dropped_weights(answer.values, right, self.judge.width(answer, right) + slack(right))
                for right in self.student.right_values(symbol)
            )
        ]

    def fits(self, symbol: str, candidates: Iterable[Mistakes], roundings: Sequence[str]) -> Iterator[Fit]:
        """Try each of several explanations on a row, and then on what comes behind it."""
        answer = self.student.answers[symbol]
        for mistakes in self.in_time(candidates):
            found = [
                self.later_fits(symbol, self.page_with(mistakes, half))
                for half in self.in_time(roundings)
                if self.agrees(answer, self.value_with(symbol, mistakes, half))
            ]
            if found:
                yield Fit(mistakes, max(found))

    def later_fits(self, symbol: str, page: LazyPage) -> int:
        """Count the answers behind a row that agree with a page."""
        later = [*self.later(symbol)]
        page.update((name, answer.values) for name, answer in later)
        page[symbol] = self.student.answers[symbol].values
        return sum(self.agrees(answer, page.tried(page.rows[name])) for name, answer in later)

    def page_with(self, mistakes: Mistakes, half: str) -> LazyPage:
        """Return the page from the student's numbers, but with these mistakes."""
        return self.student.page(self.student.written, rows_of(mistakes), half)

    def value_with(self, symbol: str, mistakes: Mistakes, half: str) -> Array | None:
        """Work out a row with one mistake or more in it or before it."""
        if len(mistakes) > 1 or not self.untouched(symbol):
            page = self.page_with(mistakes, half)
            return page.tried(page.rows[symbol])
        known, name = self.key.single_signatures, (symbol, mistakes[0], half, self.student.decimals)
        if name in known:
            return known[name]
        page = self.page_with(mistakes, half)
        value = page.tried(page.rows[symbol])
        if value is None or value.size <= MOST_KEPT:
            known[name] = value
        return value

    def untouched(self, symbol: str) -> bool:
        """Whether nothing of the student's own goes into a row: then it is the same for every such sheet."""
        return not self.student.rows and not any(
            symbol in self.key.behind[name] for name in self.student.written
        )

    def near_pairs(self, symbol: str, mistakes: Sequence[Mistakes]) -> Iterator[Mistakes]:
        """Go through the pairs of mistakes that come near to a row, if nothing is rounded on the way."""
        answer, known = self.student.answers[symbol], self.key.pair_signatures
        if not self.untouched(symbol):
            found: Iterable[tuple[Mistakes, Array]] = self.pairs(symbol, mistakes)
        else:
            found = known[symbol] if symbol in known else tuple(self.pairs(symbol, mistakes))
            if not self.bounded:
                known[symbol] = found
        return (pair for pair, value in found if self.nearly(answer, value))

    def pairs(self, symbol: str, mistakes: Sequence[Mistakes]) -> Iterator[tuple[Mistakes, Array]]:
        """Work out a row with each pair of mistakes.

        There are thousands of pairs: each takes over what its first mistake leaves untouched.
        """
        for i, one in self.in_time([*enumerate(mistakes)]):
            first = self.student.page(self.student.written, rows_of(one))
            first.tried(first.rows[symbol])
            for other in self.in_time(mistakes[i + 1 :]):
                if apart(one, other):
                    rows = rows_of(other)
                    behind = {name for row in rows for name in self.key.behind[row.symbol]}
                    page = first.changed(rows, behind)
                    value = page.tried(page.rows[symbol])
                    if value is not None and value.shape == self.key.values[symbol].shape:
                        yield (*one, *other), value

    def nearly(self, answer: Answer, value: Array) -> bool:
        """Whether rounding on the way could have made these numbers the answer's."""
        limit = self.judge.width(answer, value) * DRIFT + slack(value)
        return bool((near(answer.values, value, limit) | answer.blank | answer.unreadable).all())

    def later(self, symbol: str) -> Iterator[tuple[str, Answer]]:
        """Go through the answers behind a row that are whole and have the right shape."""
        symbols = self.key.symbols
        for name in symbols[symbols.index(symbol) + 1 :]:
            answer = self.student.answers.get(name)
            if answer and not answer.fault and answer.values.shape == self.key.values[name].shape:
                yield name, answer


def unique(groups: Iterable[Mistakes]) -> list[Mistakes]:
    """Leave out repetitions: a mistake in several rows stands under each of them."""
    return list(dict.fromkeys(groups))


def in_code(mistakes: Mistakes) -> bool:
    """Whether one of these is met in code rather than on paper."""
    return any(mistake.code for mistake in mistakes)


def rows_of(mistakes: Mistakes) -> list[Row]:
    """Gather the rows that mistakes write."""
    return [row for mistake in mistakes for row in mistake.rows]


def apart(one: Mistakes, other: Mistakes) -> bool:
    """Whether two mistakes concern different rows: a row can be done in one way only."""
    return {row.symbol for row in rows_of(one)}.isdisjoint(row.symbol for row in rows_of(other))
