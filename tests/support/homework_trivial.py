"""Sheets that nobody has worked on: zeros, ones, means, and what is trivial because an early row was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

import numpy as np

from attncli.homework.key import Key
from tests.support.homework_problems import problems
from tests.support.homework_sheets import Hand, Values, marked, worked

PASSED = ("correct", "follow-through")


class Trivial(NamedTuple):
    """A trivial sheet, and the rows that passed though they say nothing; the points that it earned."""

    problem: str
    kind: str
    passed: tuple[str, ...]
    score: float
    most: float
    key: Key
    values: Values


def trivial(seed: int, count: int, decimals: int, kinds: Collection[str] = ()) -> Iterator[Trivial]:
    """Hand in each trivial sheet for so many problems."""
    for name, key in problems(seed, count):
        for kind in kinds or KINDS:
            hand, values = KINDS[kind](key, decimals)
            mark = marked(key, hand, values)
            passed = tuple(
                row.symbol
                for row in mark.rows
                if str(row.verdict) in PASSED
                and says_nothing(values[row.symbol], Hand(decimals).matrix_of(key.values[row.symbol]))
            )
            yield Trivial(name, kind, passed, mark.score, mark.max_score, key, values)


def says_nothing(value: np.ndarray, right: np.ndarray) -> bool:
    """Whether a row is all 0, all the same or an identity, and what it should be is not, as it is written."""
    if value.size == 1:
        return not value.any() and bool(right.any())
    return is_plain(value) and (value != right).any()


def is_plain(value: np.ndarray) -> bool:
    """Whether a row is all the same, or 1 on the diagonal and 0 elsewhere."""
    same = bool((value == value.flat[0]).all())
    return same or (value.ndim > 1 and bool((value == np.eye(*value.shape[-2:])).all()))


def filled(number: float | None) -> Callable[[Key, int], tuple[Hand, Values]]:
    """Fill every row with one number; None: with the mean of what should stand there."""

    def sheet(key: Key, decimals: int) -> tuple[Hand, Values]:
        hand = Hand(decimals)
        values = {}
        for symbol, right in key.values.items():
            seen = right[np.isfinite(right)]
            mean = float(seen.mean()) if seen.size else 0.0
            values[symbol] = hand.matrix_of(np.full(right.shape, mean if number is None else number))
        return hand, values

    return sheet


def short_zeros(key: Key, _decimals: int) -> tuple[Hand, Values]:
    """Write 0 everywhere, without decimals."""
    return Hand(0), filled(0.0)(key, 0)[1]


def weights(make: Callable[[np.ndarray], np.ndarray]) -> Callable[[Key, int], tuple[Hand, Values]]:
    """Work right up to A, make something up there, and work on from it."""

    def sheet(key: Key, decimals: int) -> tuple[Hand, Values]:
        hand = Hand(decimals)
        return hand, worked(
            key, hand, fixed={"A": hand.matrix_of(make(key.values["A"]))} if "A" in key.values else {}
        )

    return sheet


def early(key: Key, decimals: int) -> tuple[Hand, Values]:
    """Write zeros for Q, K and V, and work on from them."""
    hand = Hand(decimals)
    fixed = {symbol: np.zeros_like(key.values[symbol]) for symbol in ("Q", "K", "V") if symbol in key.values}
    return hand, worked(key, hand, fixed=fixed)


KINDS: dict[str, Callable[[Key, int], tuple[Hand, Values]]] = {
    "0": short_zeros,
    "zeros": filled(0.0),
    "ones": filled(1.0),
    "mean": filled(None),
    "A-identity": weights(lambda a: np.broadcast_to(np.eye(*a.shape[-2:]), a.shape)),
    "A-uniform": weights(lambda a: np.full(a.shape, 1 / a.shape[-1])),
    "A-zeros": weights(np.zeros_like),
    "QKV-zeros": early,
}
