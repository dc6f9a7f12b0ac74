"""Sheets with one slip of the hand, made after rounding: later rows are worked on from slipped numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import numpy as np

from attncli.homework.key import Key
from attncli.homework.marks import Mark
from attncli.homework.policy import Policy, Tolerance
from attncli.page.page import Row
from tests.support.homework_honest import accused
from tests.support.homework_problems import problems, seeded
from tests.support.homework_sheets import (
    STEPS,
    Hand,
    Own,
    Values,
    differ,
    full_value,
    marked,
    row_value,
    worked,
)

FACTORS = (2.0, 10.0, 100.0, math.sqrt(2), math.sqrt(3), 0.5, 0.1, 3.0)
FEW = 3  # cells, of which one may be said to be wrong
CLEAR = 10  # units of the last digit: two digits
IMPLIED = {"slip-one-cell"}  # is said of any slip in a single cell, besides what it was

Slipped = np.ndarray | None
Change = Callable[[Random, np.ndarray, Hand, np.ndarray], Slipped]  # of the written row, and the full one


class Slip(NamedTuple):
    """A sheet with one slip: where it was made, what was found there and elsewhere, which other rows lost.

    ``of``: what was copied wrongly, if anything.
    """

    problem: str
    id: str
    kind: str
    symbol: str
    here: frozenset[str]
    elsewhere: dict[str, list[str]]
    lost: tuple[str, ...]
    of: str
    key: Key
    values: Values

    @property
    def named(self) -> bool:
        """Whether the slip was named in the row in which it was made."""
        return self.id in self.here

    @property
    def alone(self) -> bool:
        """Whether nothing else was named there."""
        return self.named and not self.here - {self.id} - IMPLIED

    @property
    def clean(self) -> bool:
        """Whether nothing was said of any other row."""
        return not self.elsewhere

    @property
    def fair(self) -> bool:
        """Whether no other row lost a mark."""
        return not self.lost


def slips(seed: int, count: int, decimals: int, kinds: Collection[str] = (), each: int = 3) -> Iterator[Slip]:
    """Hand in sheets with one slip of each kind, in so many rows of each problem."""
    random, hand = seeded(seed), Hand(decimals)
    for name, key in problems(seed, count):
        right = worked(key, hand)
        for kind in kinds or (*CHANGES, "few-digits", "copied"):
            if kind == "copied":
                yield from copied(random, name, key, hand, right, each)
                continue
            made = few_digits if kind == "few-digits" else whole_sheet
            places = [symbol for symbol in key.symbols if symbol in right]
            random.shuffle(places)
            done = 0
            for symbol in places:
                slip = made(random, name, key, hand, right, kind, symbol)
                if slip is not None:
                    yield slip
                    done += 1
                if done == each:
                    break


def whole_sheet(
    random: Random, name: str, key: Key, hand: Hand, right: Values, kind: str, symbol: str
) -> Slip | None:
    """Make a slip in one row; None where it cannot be made, shows in no digit or is what a mistake gives."""
    own = {**key.given, **right}
    full = full_value(key.page.row[symbol], own, hand)
    value = None if full is None else CHANGES[kind](random, right[symbol], hand, full)
    if (
        value is None
        or full is None
        or is_right(key.page.row[symbol], own, value, hand)
        or is_mistake(key, hand, own, symbol, value)
    ):
        return None
    values = worked(key, hand, fixed={symbol: value})
    if value.shape != right[symbol].shape:  # then it was only written so: nothing could be worked on from it
        values = {**right, symbol: value}
    return judged(key, hand, name, kind, symbol, values)


def few_digits(
    random: Random, name: str, key: Key, hand: Hand, right: Values, kind: str, symbol: str
) -> Slip | None:
    """Write a row with fewer decimals than are asked for."""
    few = replace(hand, decimals=random.randint(1, hand.decimals - 1))
    own = {**key.given, **right}
    full = full_value(key.page.row[symbol], own, hand)
    value = None if full is None else few.matrix_of(full)
    if value is None or full is None or is_right(key.page.row[symbol], own, value, hand) or not value.any():
        return None
    values = worked(key, hand, fixed={symbol: value})
    policy = Policy(tolerance=Tolerance(decimals=hand.decimals))
    return judged(key, hand, name, kind, symbol, values, {symbol: few}, policy)


def copied(random: Random, name: str, key: Key, hand: Hand, right: Values, each: int) -> Iterator[Slip]:
    """Copy one cell of a given wrongly: every row that uses it follows from the wrong one."""
    matrices = {symbol: value for symbol, value in key.given.items() if isinstance(value, np.ndarray)}
    usable = [symbol for symbol, value in matrices.items() if symbol in key.page.reads and value.size > FEW]
    if key.setting.loss and key.setting.loss[0] == "ce":
        usable = [symbol for symbol in usable if symbol != "Y"]
    for symbol in random.sample(usable, min(each, len(usable))):
        wrong = key.given[symbol].copy()
        index = tuple(random.randrange(size) for size in wrong.shape)
        wrong[index] = miscopied(random, float(wrong[index]), yes_no=symbol == "Y" and "P" in key.page.row)
        values = worked(key, hand, given={symbol: wrong})
        first = next((s for s in key.symbols if differ(values.get(s), right.get(s))), None)
        if first is None or is_mistake(key, hand, {**key.given, **right}, first, values[first]):
            continue
        yield judged(key, hand, name, "copied", first, values, of=symbol)


def miscopied(random: Random, number: float, *, yes_no: bool) -> float:
    """Copy a number wrongly: one more or less, its sign, a 0 for a 1."""
    if yes_no or math.isnan(number):
        return 1 - number
    return random.choice([number + 1, number - 1, *([-number] if number else [])])


def judged(  # noqa: PLR0913, PLR0917
    key: Key,
    hand: Hand,
    name: str,
    kind: str,
    symbol: str,
    values: Values,
    others: dict[str, Hand] | None = None,
    policy: Policy | None = None,
    of: str = "",
) -> Slip:
    """Mark the sheet."""
    mark = marked(key, hand, values, others=others, policy=policy)
    found = accused(mark)
    here = frozenset(found.pop(symbol, ()))
    rows = tuple(row for row in lost_marks(mark) if row != symbol)
    return Slip(name, IDS[kind], kind, symbol, here, found, rows, of, key, values)


def lost_marks(mark: Mark) -> tuple[str, ...]:
    """Name the rows that earned less than they could."""
    return tuple(row.symbol for row in mark.rows if row.points < row.max_points - 1e-9)


def is_right(row: Row, own: Own, value: np.ndarray, hand: Hand) -> bool:
    """Whether each cell is right at the hand's decimals after all, in one way of working or another."""
    half = 0.5 * 10.0**-hand.decimals * (1 + 1e-9)
    right = np.zeros(value.shape, bool)
    for steps in (frozenset[str](), STEPS, *(frozenset({step}) for step in STEPS)):
        one = full_value(row, own, replace(hand, steps=steps))
        if one is not None and one.shape == value.shape:
            right |= np.isclose(value, one, rtol=0, atol=half)
    return bool(right.all())


def is_mistake(key: Key, hand: Hand, own: dict[str, Any], symbol: str, value: np.ndarray) -> bool:
    """Whether a mistake of the catalogue gives the same numbers: then naming that is right."""
    for mistake in key.mistakes[symbol]:
        row = next(row for row in mistake.rows if row.symbol == symbol)
        made = row_value(row, own, hand)
        if made is not None and made.shape == value.shape:
            same = np.isclose(made, value, rtol=0, atol=1.001 * 10.0**-hand.decimals)
            if same.all():
                return True
    return False


# What is done to a row that was right and rounded; None where it cannot be done


def transposed(_random: Random, value: np.ndarray, _hand: Hand, _full: np.ndarray) -> Slipped:
    """Turn each matrix."""
    return value.mT if value.ndim > 1 and min(value.shape[-2:]) > 1 else None


def sign_of_all(_random: Random, value: np.ndarray, _hand: Hand, _full: np.ndarray) -> Slipped:
    """Turn every sign."""
    return None if np.isinf(value).any() else -value + 0.0


def sign_of_cell(random: Random, value: np.ndarray, hand: Hand, _full: np.ndarray) -> Slipped:
    """Turn one sign."""
    return in_cell(random, value, lambda number: -number, hand) if value.size >= FEW else None


def factor(random: Random, value: np.ndarray, hand: Hand, _full: np.ndarray) -> Slipped:
    """Multiply by a constant."""
    plain = [number for number in FACTORS if value.size > 1 or number not in {10.0, 100.0, 0.1}]
    return None if np.isinf(value).any() else hand.matrix_of(value * random.choice(plain))


def rows_permuted(random: Random, value: np.ndarray, _hand: Hand, _full: np.ndarray) -> Slipped:
    """Exchange two rows, of one head."""
    return exchanged(random, value, -2) if value.ndim > 1 else None


def columns_permuted(random: Random, value: np.ndarray, _hand: Hand, _full: np.ndarray) -> Slipped:
    """Exchange two columns, of one head."""
    return exchanged(random, value, -1) if value.ndim > 1 else None


def heads_permuted(random: Random, value: np.ndarray, _hand: Hand, _full: np.ndarray) -> Slipped:
    """Bring the heads into another order."""
    return value[random.sample(range(len(value)), len(value))] if value.ndim > 2 else None


def exchanged(random: Random, value: np.ndarray, axis: int) -> Slipped:
    """Exchange two rows or columns."""
    if value.shape[axis] < 2:
        return None
    made = value.copy()
    matrix = made[random.randrange(len(made))] if made.ndim > 2 else made
    lines = matrix if axis == -2 else matrix.T
    one, other = random.sample(range(len(lines)), 2)
    lines[[one, other]] = lines[[other, one]]
    return made


def power_of_ten(random: Random, value: np.ndarray, hand: Hand, _full: np.ndarray) -> Slipped:
    """Put the point of one number in the wrong place."""
    power = random.choice((-2, -1, 1, 2))
    return in_cell(random, value, lambda number: hand.rounded(number * 10.0**power), hand)


def digits_swapped(random: Random, value: np.ndarray, hand: Hand, _full: np.ndarray) -> Slipped:
    """Exchange two neighbouring digits of one number."""

    def swap(number: float) -> float:
        letters = list(hand.number(number))
        at = [i for i, letter in enumerate(letters) if letter.isdigit()]
        first = next((n for n, i in enumerate(at) if letters[i] != "0"), len(at))
        pairs = [(i, j) for i, j in pairwise(at[first:]) if letters[i] != letters[j]]
        if pairs:
            i, j = random.choice(pairs)
            letters[i], letters[j] = letters[j], letters[i]
        return float("".join(letters))

    return in_cell(random, value, swap, hand, clear=1)


def one_cell(random: Random, value: np.ndarray, hand: Hand, _full: np.ndarray) -> Slipped:
    """Get one number quite wrong."""
    if value.size < FEW:
        return None
    most = max(float(np.abs(value[np.isfinite(value)]).max(initial=0)), 1.0)

    def other(number: float) -> float:
        return hand.rounded(number + random.choice((-1, 1)) * random.uniform(0.1, 0.9) * most)

    return in_cell(random, value, other, hand, clear=0)


def truncated(_random: Random, _value: np.ndarray, hand: Hand, full: np.ndarray) -> Slipped:
    """Cut off where it should be rounded."""
    unit = 10.0**hand.decimals
    with np.errstate(invalid="ignore"):
        return hand.matrix_of(np.where(np.isinf(full), full, np.trunc(full * unit * (1 + 1e-14)) / unit))


def in_cell(
    random: Random, value: np.ndarray, change: Callable[[float], float], hand: Hand, clear: float = CLEAR
) -> Slipped:
    """Change one cell, so that old and new have so many units and differ by more than one."""
    made = value.copy()
    unit = 10.0**-hand.decimals
    places = [*np.ndindex(value.shape)]
    for index in random.sample(places, len(places)):
        number = float(value[index])
        if np.isfinite(number):
            new = change(number)
            if min(abs(new), abs(number)) >= clear * unit and abs(new - number) > 3 * unit:
                made[index] = new
                return made
    return None


CHANGES: dict[str, Change] = {
    "transposed": transposed,
    "sign": sign_of_all,
    "sign-cell": sign_of_cell,
    "factor": factor,
    "rows-permuted": rows_permuted,
    "columns-permuted": columns_permuted,
    "heads-permuted": heads_permuted,
    "power-of-ten": power_of_ten,
    "digits-swapped": digits_swapped,
    "one-cell": one_cell,
    "truncated": truncated,
}
IDS = {kind: f"slip-{kind}" for kind in (*CHANGES, "few-digits", "copied")} | {"sign-cell": "slip-sign"}
