"""Sheets as students hand them in: each row worked out from the rounded ones before it, right or wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from attncli.errors import AttnError
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.marks import Mark
from attncli.homework.policy import Policy
from attncli.homework.sheet import read_sheet
from attncli.mistakes.catalogue import Mistake
from attncli.ops.expression import (
    EXTREMES,
    Call,
    Cell,
    Expression,
    Extreme,
    Negative,
    Number,
    Product,
    Quotient,
    Square,
    Sum,
)
from attncli.ops.softmax import SOFTMAX_GRADIENT
from attncli.page.operands import Constant, Placed
from attncli.page.page import Row
from attncli.rounding import Rounding

FINAL = ("L", "dWq", "dWk", "dWv", "dX")
HALVES = ("half-up", "half-even")
STEPS = frozenset({"sqrt", "exp", "log", "product", "quotient"})
NOISE = 1e-13  # what a computer leaves of 0
LEAST = 10  # units of the last digit that anybody would divide by
_MODES = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN}
_ROOM = Context(prec=400)

Values = dict[str, np.ndarray]
Own = Mapping[str, Any]


@dataclass(frozen=True)
class Hand:
    """How somebody works and writes: as YAML or as JSON, with halves rounded so.

    ``digits``: what ``decimals`` counts. "decimals", "significant" digits (0.0270) and those in "scientific"
    notation (2.70e-02), or "falling": as many decimals below 1, one less above 1, two less above 10.
    ``short``: zeros at a number's end are left out, as a computer does. ``along``: goes on from the rounded
    numbers, not from the full ones. ``steps``: rounds such steps inside a cell, as with a calculator.
    ``star``: goes back through the softmax by the matrix (*) of each row, "rounded", or rounded and its
    "products" with dA as well.
    """

    decimals: int
    half: str = "half-up"
    yaml: bool = False
    short: bool = False
    digits: str = "decimals"
    along: bool = True
    steps: frozenset[str] = frozenset()
    star: str = ""

    @property
    def rounding(self) -> Rounding:
        """How it rounds to decimals."""
        return Rounding(self.decimals, self.half)

    def place(self, value: float) -> int:
        """Return the power of ten of the last digit that is written."""
        size = abs(value)
        if self.digits == "decimals" or size == 0 or not math.isfinite(size):
            return -self.decimals
        if self.digits == "falling":
            return -max(1, self.decimals - (size >= 1) - (size >= 10))
        return math.floor(math.log10(size) + 1e-14) - self.decimals + 1

    def rounded(self, value: float) -> float:
        """Round a number, decided on the digits that one sees: 0.3 − 0.1 is 0.2."""
        return rounded(value, self.place(value), self.half) if abs(value) > NOISE else 0.0

    def matrix_of(self, value: np.ndarray) -> np.ndarray:
        """Round every cell."""
        flat = [self.rounded(number) for number in np.asarray(value, float).ravel().tolist()]
        return np.array(flat, float).reshape(np.shape(value))

    def number(self, value: float) -> str:
        """Write a number."""
        if value == -np.inf:
            return '"-inf"'
        if self.digits == "scientific":
            return f"{value:z.{self.decimals - 1}e}"
        text = f"{value:z.{max(0, -self.place(value))}f}"
        return text.rstrip("0").rstrip(".") if self.short and "." in text else text

    def matrix(self, value: Any) -> str:
        """Write a number, a row of numbers or rows of them."""
        if isinstance(value, list):
            return "[" + ", ".join(map(self.matrix, value)) + "]"
        return self.number(value)

    def sheet(self, values: Mapping[str, np.ndarray], others: Mapping[str, Hand] | None = None) -> bytes:
        """Write a sheet; ``others``: rows that are written otherwise."""
        hands = others or {}
        answers = {symbol: hands.get(symbol, self).matrix(value.tolist()) for symbol, value in values.items()}
        if self.yaml:
            text = "student: B20\nanswers:\n" + "".join(
                f"  {name}: {rows}\n" for name, rows in answers.items()
            )
        else:
            rows = ", ".join(f'"{name}": {rows}' for name, rows in answers.items())
            text = f'{{"student": "B20", "answers": {{{rows}}}}}\n'
        return text.encode()


def rounded(value: float, place: int, half: str = "half-up") -> float:
    """Round a number to a power of ten, from its 15 digits; not by the product's own rounding."""
    if not math.isfinite(value):
        return value
    seen = Decimal(f"{value:.15g}")
    return float(seen.quantize(Decimal(1).scaleb(place), rounding=_MODES[half], context=_ROOM)) + 0.0


def worked(
    key: Key,
    hand: Hand,
    mistakes: Iterable[Mistake] = (),
    *,
    wrong: Mapping[str, Callable[[Own], np.ndarray]] | None = None,
    fixed: Mapping[str, np.ndarray] | None = None,
    given: Mapping[str, np.ndarray] | None = None,
) -> Values:
    """Work the page out by hand; what cannot be worked out behind a mistake stays blank.

    ``wrong`` rows are done by these functions of what was written, ``fixed`` ones hold these numbers, and
    the ``given`` ones were copied so.
    """
    rows = {**key.page.row, **{row.symbol: row for mistake in mistakes for row in mistake.rows}}
    own: dict[str, Any] = {**key.given, **(given or {})}
    written = {}
    for symbol in key.symbols:
        if fixed and symbol in fixed:
            own[symbol] = written[symbol] = fixed[symbol]
            continue
        made = wrong[symbol] if wrong and symbol in wrong else None
        value = full_value(rows[symbol], own, hand) if made is None else tried(made, own)
        if value is not None:
            written[symbol] = hand.matrix_of(value)
            own[symbol] = written[symbol] if hand.along else value
    return written


def row_value(row: Row, own: Own, hand: Hand) -> np.ndarray | None:
    """Work out one row and round it; None where these numbers or shapes do not allow it."""
    value = full_value(row, own, hand)
    return None if value is None else hand.matrix_of(value)


def full_value(row: Row, own: Own, hand: Hand) -> np.ndarray | None:
    """Work out one row in the hand's way, before it is rounded."""
    if hand.star and row.op is SOFTMAX_GRADIENT:
        return tried(lambda own: by_star(own[row.args[0]], own[row.args[1]], hand), own)
    if hand.steps:
        value = step_by_step(row, own, hand)
        if value is not None:
            return value
    return tried(lambda own: row.compute(own, on_paper=True), own)


def tried(made: Callable[[Own], np.ndarray], own: Own) -> np.ndarray | None:
    """Work something out; None where these numbers or shapes do not allow it."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
            value = np.asarray(made(own), float)
    except (KeyError, ValueError, AttnError, FloatingPointError):
        return None
    return None if np.isnan(value).any() else value


def by_star(a: np.ndarray, da: np.ndarray, hand: Hand) -> np.ndarray:
    """Take each row of dA times its own matrix (*): a_i(1 − a_i) where i = k, −a_i·a_k elsewhere."""
    size = a.shape[-1]
    back = np.empty_like(da)
    for index in np.ndindex(a.shape[:-1]):
        weights = a[index]
        star = np.array([[w * ((i == k) - v) for k, v in enumerate(weights)] for i, w in enumerate(weights)])
        star = hand.matrix_of(star)
        products = star * da[index][:, None]
        if hand.star == "products":
            products = hand.matrix_of(products)
        back[index] = [math.fsum(products[:, k]) for k in range(size)]
    return back


def step_by_step(row: Row, own: Own, hand: Hand) -> np.ndarray | None:
    """Work out each cell with every step inside it rounded: √d_k, e^z, products, the quotient; not sums.

    A cell of which a rounded step leaves next to nothing to divide by is worked out in full. None where
    the row cannot be worked out.
    """
    value = tried(lambda own: row.compute(own, on_paper=True), own)
    if value is None:
        return None
    operands = [operand(symbol, transposed, own) for symbol, transposed in row.reads]
    for index in np.ndindex(value.shape):
        with suppress(ValueError, ZeroDivisionError, OverflowError):
            value[index] = stepped(row.op.cell(index, *operands), hand)
    return value


def operand(symbol: str, transposed: bool, own: Own) -> Placed | Constant:  # noqa: FBT001
    """Return what a row reads, as its cells' expressions want it."""
    value = own[symbol]
    if isinstance(value, np.ndarray):
        return Placed(symbol, value, transposed)
    if symbol == "√d_k":
        return Constant(value, Call("sqrt", Number(round(value**2, 9))))
    return Constant(value, Number(float(value) if isinstance(value, int | float) else 0.0))


def stepped(of: Expression, hand: Hand) -> float:  # noqa: C901, PLR0911 - one a kind
    """Work arithmetic out with the hand's kinds of steps rounded; a sum is none."""

    def step(name: str, value: float) -> float:
        return hand.rounded(value) if name in hand.steps else value

    match of:
        case Cell(number=number) | Number(number):
            return number
        case Sum(terms):
            return math.fsum(stepped(term, hand) for term in terms)
        case Negative(inner):
            return -stepped(inner, hand)
        case Product(factors):
            return step("product", math.prod(stepped(factor, hand) for factor in factors))
        case Quotient(above, below):
            divisor = stepped(below, hand)
            least = LEAST if isinstance(below, Sum) else 1
            if abs(divisor) < least * 10.0 ** hand.place(divisor):
                raise ZeroDivisionError
            return step("quotient", stepped(above, hand) / divisor)
        case Square(inner):
            return step("product", stepped(inner, hand) ** 2)
        case Call(name, inner):
            return step(name, getattr(math, name)(stepped(inner, hand)))
        case Extreme(name, parts):
            return EXTREMES[name](stepped(part, hand) for part in parts)


def shows(key: Key, hand: Hand, values: Mapping[str, np.ndarray], mistake: Mistake) -> bool:
    """Whether a mistake changes a digit of the row in which it was made."""
    own = {**key.given, **values}
    return all(row.symbol in values for row in mistake.rows) and any(
        differ(values[row.symbol], row_value(key.page.row[row.symbol], own, hand)) for row in mistake.rows
    )


def differ(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two written rows differ in a digit, or only one could be written."""
    if one is None or other is None:
        return one is not other
    return one.shape != other.shape or bool((one != other).any())


def marked(
    key: Key,
    hand: Hand,
    values: Mapping[str, np.ndarray],
    only: Collection[str] | None = None,
    others: Mapping[str, Hand] | None = None,
    policy: Policy | None = None,
) -> Mark:
    """Hand a sheet in, and mark it."""
    kept = {symbol: value for symbol, value in values.items() if only is None or symbol in only}
    return mark(read_sheet(hand.sheet(kept, others), "sheet"), key, policy or Policy())


def named(mark: Mark) -> set[str]:
    """Name every mistake and slip that a mark finds."""
    return {finding.id for row in mark.rows for finding in row.mistakes}


def is_slip(id_: str) -> bool:
    """Whether a finding is a slip, not a mistake of the catalogue."""
    return id_.startswith("slip-")
