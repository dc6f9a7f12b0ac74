"""Right numbers in the wrong places: a matrix transposed, its rows, columns or heads in another order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.ops.op import Array


MOST_ROWS = 64
EVIDENCE = 4.0  # bits: a coincidence of one in sixteen, among answers that are wrong already
MATRIX = 2  # axes of a matrix; one more is a head
_SHOWN = 12


def transposed(written: Array, right: Array, near: Array) -> bool:
    """Whether the answer, transposed (each head by itself), is right."""
    if written.ndim < MATRIX:
        return False
    turned = written.swapaxes(-1, -2)
    return turned.shape == right.shape and bool(close(turned, right, near).all())


def orders(written: Array, right: Array, near: Array, axis: int) -> dict[int, list[int]] | None:
    """Find the order in which the rows (axis −2) or columns (−1) of each matrix stand.

    Returns for each matrix that is not right (0 where there are no heads) its order: its place i holds
    what belongs to place order[i]. None where that is not all that is wrong with it. All three arrays
    are of one shape.
    """
    matrices = []
    for array in (written, right, near):
        stack = array if array.ndim > MATRIX else np.atleast_2d(array)[None]
        matrices.append(stack.swapaxes(axis, -2))
    found = {}
    for i, matrix in enumerate(zip(*matrices, strict=True)):
        if not close(*matrix).all():
            order = row_order(*matrix)
            if order is None:
                return None
            found[i] = order
    return found


def row_order(written: Array, right: Array, near: Array) -> list[int] | None:
    """Find the order in which the rows of one matrix stand; None where it is no other order of them."""
    wrong = ~close(written, right, near)
    moved = np.flatnonzero(wrong.any(axis=1))
    if not MATRIX <= len(moved) <= MOST_ROWS:
        return None
    chance = math.lgamma(len(moved) + 1) / math.log(2)
    if wrong.sum() * bits(right, near) - chance < EVIDENCE:
        return None
    fits = []
    for row in written[moved]:
        fits.append(np.flatnonzero(close(row, right[moved], near[moved]).all(axis=1)).tolist())
        if not fits[-1]:
            return None
    places = matching(fits)
    if places is None:
        return None
    order = list(range(len(written)))
    for i, place in zip(moved.tolist(), places, strict=True):
        order[i] = int(moved[place])
    return order


def bits(right: Array, near: Array) -> float:
    """How much one cell tells: the logarithm of how many numbers could stand there instead.

    In a matrix of 0 and 1 any two rows are easily alike; in one with four decimals no two are.
    """
    finite = np.isfinite(right)
    numbers = right[finite]
    if not numbers.size:
        return 0.0
    whole = bool((numbers == np.round(numbers)).all())
    step = max(2 * float(near[finite].max()), 1.0 if whole else math.ulp(1.0))
    return math.log2(1 + float(np.ptp(numbers)) / step)


def matching(fits: list[list[int]]) -> list[int] | None:
    """Give every row a place of its own among those that it fits; None where there are too few."""
    holder: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for candidate in fits[row]:
            if candidate in tried:
                continue
            tried.add(candidate)
            if candidate not in holder or place(holder[candidate], tried):
                holder[candidate] = row
                return True
        return False

    if not all(place(row, set()) for row in range(len(fits))):
        return None
    places = {row: candidate for candidate, row in holder.items()}
    return [places[row] for row in range(len(fits))]


def close(written: Array, right: Array, near: Array) -> NDArray[np.bool_]:
    """Tell which cells are right: blank ones (NaN) are, and −∞ only where it belongs."""
    fits: NDArray[np.bool_] = np.isnan(written) | (written == right) | (np.abs(written - right) <= near)
    return fits


class Cell(NamedTuple):
    """One wrong cell: the number, what is right there, how near is near enough, and the text."""

    written: float
    right: float
    near: float
    text: str
    exact: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """An answer beside the right values and the half-width of the tolerance, all of one shape."""

    answer: Answer
    right: Array
    near: Array
    heads: bool
    required: int | None

    @cached_property
    def wrong(self) -> list[int]:
        """The cells that are wrong, counted row after row."""
        wrong: list[int] = np.flatnonzero(~close(self.answer.values, self.right, self.near)).tolist()
        return wrong

    def cells(self) -> Iterator[Cell]:
        """Tell what stands in the cells that are wrong, one by one."""
        texts, exact = self.answer.texts, self.answer.exact.ravel()
        written, right, near = self.answer.values.ravel(), self.right.ravel(), self.near.ravel()
        for i in self.wrong:
            yield Cell(float(written[i]), float(right[i]), float(near[i]), texts[i], bool(exact[i]))

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Where two numbers can be compared; nowhere if there is a −∞ too many or too few."""
        written = self.answer.values
        told = ~np.isnan(written)
        if (told & (np.isfinite(written) != np.isfinite(self.right))).any():
            return np.zeros(self.right.shape, bool)
        finite: NDArray[np.bool_] = told & np.isfinite(self.right)
        return finite

    @cached_property
    def numbers(self) -> tuple[Array, Array, Array]:
        """Written, right and near where two numbers can be compared, one after another."""
        return self.answer.values[self.finite], self.right[self.finite], self.near[self.finite]


def places(row: Comparison) -> str:
    """Name the cells that are wrong, the first of them if there are many."""
    named = [place(i, row.right.shape) for i in row.wrong[:_SHOWN]]
    return "; ".join(filter(None, named)) + ("; …" if len(row.wrong) > _SHOWN else "")


def place(cell: int, shape: tuple[int, ...]) -> str:
    """Name a cell by its head, row and column; a vector's by its number, and a scalar not at all."""
    if not shape:
        return ""
    numbers = [int(i) + 1 for i in np.unravel_index(cell, shape)]
    if len(numbers) < MATRIX:
        return _("number {i}", i=numbers[0])
    named = _("row {row}, column {column}", row=numbers[-2], column=numbers[-1])
    return _("head {head}: {what}", head=numbers[0], what=named) if len(numbers) > MATRIX else named
