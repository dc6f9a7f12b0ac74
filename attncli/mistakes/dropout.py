"""Dropout that was left on: weights that by chance are 0, or else divided by the chance to be kept.

Nobody can work out what comes of that, but numbers can be seen to come of it: each row is a sum of what some
of its weights add to it, times one factor that is the same for all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.mistakes.wrong import Wrong
from attncli.page.lazy import LazyPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from attncli.ops.op import Array
    from attncli.page.page import Page


MOST_WEIGHTS = 14  # of a row: each set of them is tried
CLEAR = 4  # so many tolerances above 0 a number is no zero


class Dropped(NamedTuple):
    """What was done to the weights: how many are gone, and the factor of the others, 1/(1−p)."""

    factor: float
    gone: int


class Drawn(Wrong):
    """An operation whose result is left to chance: it cannot be worked out, only recognised."""

    def __init__(self, text: str) -> None:
        super().__init__(text, drawn)


def drawn(*_: object) -> Array:
    """Say that nothing can be worked out."""
    raise ValueError("this is left to chance")


DROPPED_WEIGHTS = Drawn("softmax({0})∘D/(1−p)")
DROPPED_OUTPUT = Drawn("({0}∘D/(1−p))·{1}")


def dropped_weights(weights: Array, right: Array, limit: float | Array) -> Dropped | None:
    """Tell whether weights are the right ones, some set to 0 and all others times one factor above 1.

    ``limit``: by how much each may be off. What is no number does not count.
    """
    if weights.shape != right.shape:
        return None
    known = ~np.isnan(weights)
    clear = known & (right > CLEAR * limit)
    gone = clear & (np.abs(weights) <= limit)
    kept = clear & ~gone
    if not gone.any() or kept.sum() <= 1:
        return None
    factor = float((weights * right)[kept].sum() / (right[kept] ** 2).sum())
    near = np.abs(weights - np.where(gone, 0.0, factor * right)) <= limit * (1 + abs(factor))
    larger = ((factor - 1) * right > CLEAR * limit)[kept].any()
    return Dropped(factor, int(gone.sum())) if larger and near[known].all() else None


def dropped_behind(
    symbol: str, numbers: Array, page: Page, known: Mapping[str, Any], limit: float
) -> Dropped | None:
    """Tell whether the numbers of H, C or O come of such weights; ``known``: what a page reads, and its A.

    ``limit``: by what part of the largest number each may be off. Where none is gone but all have a factor,
    this is said too: it may be so by chance, or below 1 the weights were multiplied by 1−p. Raises
    ValueError where nothing can be told: one column, or too many weights.
    """
    a: Array = known["A"]

    def rows_with(weights: Array) -> Array:
        return flat(LazyPage(page, {**known, "A": weights})[symbol])

    base = rows_with(np.zeros_like(a))
    places = [*np.ndindex(*a.shape[:-2], a.shape[-1])]
    if len(places) > MOST_WEIGHTS or base.shape[-1] == 1:
        raise ValueError("too many weights, or too few numbers")
    rows = flat(numbers)
    if rows.shape != base.shape or not np.isfinite(rows).all():
        return None
    parts = np.stack([rows_with(only(a, place)) - base for place in places], axis=1)
    off, targets = limit * float(np.abs(rows).max()), rows - base
    first = int(np.abs(targets).max(axis=-1).argmax())
    for factor in factors(targets[first], parts[first], off):
        gone = [fewest_gone(row, part, factor, off) for row, part in zip(targets, parts, strict=True)]
        number = sum(one for one in gone if one is not None)
        if None not in gone and (number or abs(factor - 1) > limit) and (factor > 1 or not number):
            return Dropped(factor, number)
    return None


def flat(matrix: Array) -> Array:
    """Put the heads side by side, so that a token has one row."""
    heads_first = matrix.reshape(-1, *matrix.shape[-2:])
    return heads_first.swapaxes(0, 1).reshape(matrix.shape[-2], -1)


def only(a: Array, place: tuple[int, ...]) -> Array:
    """Return the weights of one key, in one head; all others are 0."""
    cells: tuple[int | slice, ...] = (*place[:-1], slice(None), place[-1])
    one = np.zeros_like(a)
    one[cells] = a[cells]
    return one


def sums_of(parts: Array) -> tuple[Array, Array]:
    """Return what each set of parts comes to, and how many it leaves out; parts that are 0 are none."""
    parts = parts[np.abs(parts).max(axis=-1) > 0]
    sets = np.arange(2 ** len(parts))[:, None] >> np.arange(len(parts)) & 1
    return sets @ parts, len(parts) - sets.sum(axis=-1)


def factors(row: Array, parts: Array, off: float) -> list[float]:
    """Return by what some set of parts may be multiplied to give a row, the larger sets first."""
    sums, left_out = sums_of(parts)
    squares = (sums**2).sum(axis=-1)
    found = np.divide(sums @ row, squares, out=np.zeros_like(squares), where=squares > 0)
    near = (np.abs(row - found[:, None] * sums).max(axis=-1) <= off) & (found > 0)
    return [float(found[i]) for i in np.argsort(left_out, kind="stable") if near[i]]


def fewest_gone(row: Array, parts: Array, factor: float, off: float) -> int | None:
    """Return how many parts are missing in a row, the others times a factor; None where it is not so."""
    sums, left_out = sums_of(parts)
    near = np.abs(row - factor * sums).max(axis=-1) <= off * (1 + factor)
    return int(left_out[near].min()) if near.any() else None
