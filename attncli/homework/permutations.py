"""Right numbers in the wrong places: a matrix transposed, its rows, columns or heads in another order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.ops.op import Array


MOST_ROWS = 64
EVIDENCE = 4.0  # bits: a coincidence of one in sixteen, among answers that are wrong already
MATRIX = 2  # axes of a matrix; one more is a head


def transposed(written: Array, right: Array, near: Array) -> bool:
    """Whether the answer, transposed (each head by itself), is right."""
    if written.ndim < MATRIX:
        return False
    flipped = written.swapaxes(-1, -2)
    return flipped.shape == right.shape and bool(close(flipped, right, near).all())


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
