"""Right sheets, as honest people work and write them: none may lose a mark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import numpy as np

import attncli
from attncli.homework.key import Key
from attncli.homework.marks import Mark
from tests.support.homework_problems import problems
from tests.support.homework_sheets import STEPS, Hand, Values, marked, worked

FULL = {4: 0.99, 3: 0.99, 2: 0.98}  # how many get full marks, at so many decimals
BY_DECIMALS: dict[str, Callable[[int], Hand]] = {
    "rounded": Hand,
    "half-even": lambda decimals: Hand(decimals, "half-even"),
    "short": lambda decimals: Hand(decimals, short=True),
    "full": lambda decimals: Hand(decimals, along=False),
    "full-short": lambda decimals: Hand(decimals, along=False, short=True),
    "calculator": lambda decimals: Hand(decimals, steps=STEPS),
    "calculator-roots": lambda decimals: Hand(decimals, steps=frozenset({"sqrt"})),
    "calculator-powers": lambda decimals: Hand(decimals, steps=frozenset({"exp", "log"})),
    "calculator-products": lambda decimals: Hand(decimals, steps=frozenset({"product"})),
    "star": lambda decimals: Hand(decimals, star="rounded"),
    "star-products": lambda decimals: Hand(decimals, star="products"),
    "star-calculator": lambda decimals: Hand(decimals, star="products", steps=STEPS),
}
BY_DIGITS: dict[str, Hand] = {
    "significant": Hand(3, digits="significant"),
    "significant-full": Hand(3, digits="significant", along=False),
    "significant-short": Hand(3, digits="significant", short=True),
    "significant-calculator": Hand(3, digits="significant", steps=STEPS),
    "scientific": Hand(3, digits="scientific"),
    "scientific-full": Hand(3, digits="scientific", along=False),
    "falling": Hand(3, digits="falling"),
    "falling-full": Hand(3, digits="falling", along=False),
}
FLOAT32 = ("float32", "float32-cast")
KINDS = (*BY_DECIMALS, *BY_DIGITS, *FLOAT32)


class Honest(NamedTuple):
    """What became of a right sheet: the rows that lost marks, and whom it accused of what."""

    problem: str
    kind: str
    full: bool
    lost: tuple[str, ...]
    accused: dict[str, list[str]]
    key: Key
    values: Values


def honest_sheets(seed: int, count: int, decimals: int, kinds: Collection[str] = KINDS) -> Iterator[Honest]:
    """Hand in a right sheet of each kind for so many problems; ``decimals`` where a kind leaves them open."""
    for name, key in problems(seed, count):
        for kind in kinds:
            if kind in FLOAT32:
                values = in_float32(key, kind)
                mark = attncli.check({"answers": values}, key.problem)
            else:
                hand = BY_DIGITS[kind] if kind in BY_DIGITS else BY_DECIMALS[kind](decimals)
                values = worked(key, hand)
                mark = marked(key, hand, values)
            yield Honest(name, kind, has_full_marks(mark), lost(mark), accused(mark), key, values)


def in_float32(key: Key, kind: str) -> dict[str, Any]:
    """Work a page out in float32, or in full and hand it in as float32."""
    if kind == "float32-cast":
        return {symbol: value.astype(np.float32) for symbol, value in key.values.items()}
    result = attncli.backward(key.problem, dtype="float32")
    return {symbol: result[symbol] for symbol in key.symbols}


def has_full_marks(mark: Mark) -> bool:
    """Whether everything is right and everything counts."""
    return str(mark.verdict) == "correct" and mark.score == mark.max_score > 0


def lost(mark: Mark) -> tuple[str, ...]:
    """Name the rows that are not right, or that did not earn all that they could."""
    return tuple(
        row.symbol for row in mark.rows if row.points < row.max_points or str(row.verdict) != "correct"
    )


def accused(mark: Mark) -> dict[str, list[str]]:
    """Name what is found in each row, if anything is."""
    return {row.symbol: [one.id for one in row.mistakes] for row in mark.rows if row.mistakes}
