"""Which cells of an answer are right, as one thing after another that the row may be is tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from attncli.homework.tolerance import MOST_PLACES, slack, trivial
from attncli.rounding import Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.by_hand import Places
    from attncli.homework.tolerance import Judge
    from attncli.ops.op import Array

    Cells = NDArray[np.bool_]


MOST_CELLS = 1024  # of a row that a person works out by hand
ENOUGH = 3  # cells that cannot have been worked out so
CLOSE = 0.01  # of a unit


class Agreement:
    """One answer beside what it may be; ``likeliest`` is the value that most of its cells agree with."""

    def __init__(self, judge: Judge, answer: Answer) -> None:
        self.judge, self.answer = judge, answer
        self.bare: Cells = answer.blank | answer.unreadable
        self.ways: list[Cells] = []
        self.likeliest: Array | None = None
        self.most = -1

    def settled_by(self, key: Array) -> bool:
        """Compare with the key; whether that is all it takes."""
        self.ways = self.judge.agreed(self.answer, key)
        return self.settled

    def compare(self, value: Array) -> bool:
        """Compare with what follows from the student's own numbers; whether the answer is right now."""
        if value.shape == self.answer.values.shape:
            agreed = self.judge.agreed(self.answer, value)
            ways = self.ways or agreed
            self.ways = [np.asarray(before | now) for before, now in zip(ways, agreed, strict=True)]
            count = max(int(cells.sum()) for cells in agreed)
            if count > self.most:
                self.likeliest, self.most = value, count
        return self.settled

    def settle(self) -> None:
        """Take it that every cell is right."""
        self.ways = [~self.bare]

    @property
    def good(self) -> Cells:
        """The cells that are right, the row read in the way that suits it best."""
        return max(self.ways, key=lambda cells: int(cells.sum()))

    @property
    def settled(self) -> bool:
        """Whether all cells with a number are right."""
        return any((cells | self.bare).all() for cells in self.ways)

    def work_by_hand(
        self, ways_of: Callable[[tuple[int, ...], set[Places]], Iterable[float]], terms: float
    ) -> None:
        """Try every way of working on each cell that is not right yet, the farthest off first.

        ``ways_of`` works one out. Where most of these fail, nobody has worked so. ``terms``: a cell is a sum
        of at most so many products, which rounding each of them can move only so far; infinity if it is not.
        """
        answer, right = self.answer, self.likeliest
        places = self.judge.places(answer)
        if not places or right is None or right.size > MOST_CELLS or trivial(answer.values, right):
            return
        ways = cache(lambda *index: [*ways_of(index, places)])
        for cells, width in zip(self.ways, self.judge.widths(answer, right), strict=True):
            limit = np.broadcast_to(width + slack(right), right.shape)
            far = np.where(cells | self.bare, 0.0, np.abs(answer.values - right)).ravel()
            order = np.argsort(-far)[: np.count_nonzero(far)]
            unit = math.inf if any(one.significant for one in places) else 10.0 ** -min(places).number
            if order.size >= ENOUGH and far[order[ENOUGH - 1]] > terms * unit:
                continue
            failed = 0
            for tried, place in enumerate(order.tolist()):
                index = tuple(map(int, np.unravel_index(place, right.shape)))
                number, most = float(answer.values[index]), float(limit[index])
                cells[index] = any(abs(number - value) <= most for value in ways(*index))
                failed += not cells[index]
                if failed >= ENOUGH and 2 * failed > tried:
                    break

    def allow_repairs(self) -> None:
        """Allow for rows of weights that were made to sum to 1 again, in as few cells as can be."""
        answer, right = self.answer, self.likeliest
        if right is None or self.bare.any() or answer.decimals > MOST_PLACES:
            return
        unit = 10.0**-answer.decimals
        rounded = Rounding(answer.decimals).matrix(right)
        changes = np.rint((answer.values - rounded) / unit)
        lacking = np.rint((1 - rounded.sum(axis=-1)) / unit)
        whole = np.abs(answer.values.sum(axis=-1) - 1) <= unit * CLOSE
        fewest = (changes.sum(axis=-1) == lacking) & (np.abs(changes).sum(axis=-1) == np.abs(lacking))
        self.ways = [cells | (whole & fewest)[..., None] for cells in self.ways]
