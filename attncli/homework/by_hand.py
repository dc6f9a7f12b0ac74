"""The person with a pocket calculator: one cell's arithmetic, with what is written down on the way rounded.

Each step inside a cell may be rounded: √d_k, each e^z, each product, each quotient, each term of the loss; a
sum is not rounded before the cell is. And a formula may be worked another way that gives the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.ops.cells import Logistic, Slope
from attncli.ops.cross_entropy import BCE_DO, CE_DO
from attncli.ops.expression import (
    CALLS,
    EXTREMES,
    FLOATS,
    LARGEST_EXACT,
    ONE,
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
    exp,
    minus,
)
from attncli.ops.softmax import SAFE, SOFTMAX_GRADIENT, Softmax, SoftmaxSink
from attncli.page.operands import operand

if TYPE_CHECKING:
    from attncli.ops.op import Operand
    from attncli.page.page import Row


MAX_DECIMALS = 300  # of a number that is not next to nothing
JUST_ABOVE = 1e-9  # of a unit: 0.125 lies just between 0.12 and 0.13, though its binary form may not


class Places(NamedTuple):
    """So many decimals, or significant digits."""

    number: int
    significant: bool = False


Rounded = Mapping[str, Places]  # which steps inside a cell are rounded, and how far

OFTEN = (Places(2), Places(3))  # how far that is often taken, whatever the rest


def ways_of(
    row: Row,
    index: tuple[int, ...],
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
    places: Collection[Places],
) -> Iterator[float]:
    """Work one cell out in every way in which a person may, rounding steps to one of these places."""
    for expression in expressions(row, index, values, sizes):
        steps = Steps(expression)
        for rounded in roundings(sorted(steps.names), places):
            yield steps.result(rounded)


def roundings(names: Sequence[str], places: Collection[Places]) -> Iterator[Rounded]:
    """Yield the ways in which some of these steps may be rounded: all the same, but for what is a key."""
    for some in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):
        keys = {*OFTEN, *places} if any(name in CALLS for name in some) else {Places(0)}
        others = places if any(name not in CALLS for name in some) else {Places(0)}
        for key, other in product(keys, others):
            yield {name: key if name in CALLS else other for name in some}


def expressions(
    row: Row, index: tuple[int, ...], values: Mapping[str, Any], sizes: Mapping[str, int]
) -> Iterator[Expression]:
    """Write one cell out, as the page has it and as it is also done."""
    args = [operand(values, sizes, *read) for read in row.reads]
    yield row.op.cell(index, *args)
    yield from row.op.cells_by_hand(index, *args)
    if row.op is SOFTMAX_GRADIENT:
        yield by_the_matrix(index, *args)
    elif isinstance(row.op, Softmax | SoftmaxSink):
        yield row.op.below_the_largest(index, *args)
    elif isinstance(row.op, Slope):
        y = operand(values, sizes, row.args[0].removeprefix("d"), False)  # noqa: FBT003
        yield from row.op.cell_by(y, index, *args)
    elif isinstance(row.op, Logistic) and abs(args[0].value[index]) < SAFE:
        power = exp(args[0].at(*index))
        yield Quotient(power, Sum((ONE, power)))
    elif row.op in {BCE_DO, CE_DO}:
        p, dp = operand(values, sizes, "P", False), operand(values, sizes, "dP", False)  # noqa: FBT003
        if np.isfinite(dp.value).all():
            yield from through_p(row, index, p, dp)


def by_the_matrix(index: tuple[int, ...], a: Operand, da: Operand) -> Expression:
    """Write Σ_i dA_i·∂a_i/∂b_k with the article's (*): a_i(1−a_i) on its diagonal, −a_i·a_k beside it."""
    *row, k = index
    terms: list[Expression] = []
    for i in range(a.value.shape[-1]):
        if i == k:
            terms.append(Product((Product((a.at(*row, k), minus(ONE, a.at(*row, k)))), da.at(*row, k))))
        else:
            terms.append(Negative(Product((Product((a.at(*row, i), a.at(*row, k))), da.at(*row, i)))))
    return Sum(tuple(terms))


def through_p(row: Row, index: tuple[int, ...], p: Operand, dp: Operand) -> Iterator[Expression]:
    """Write dO by way of dP and the derivative of what made P."""
    if row.op is CE_DO:
        yield SOFTMAX_GRADIENT.cell(index, p, dp)
        yield by_the_matrix(index, p, dp)
    else:
        yield Product((dp.at(*index), Product((p.at(*index), minus(ONE, p.at(*index))))))


class Step(NamedTuple):
    """One step inside a cell: where its number goes, what gives it, and from which numbers.

    ``name``: which kind it is of those that somebody writes down, and so may round; "" if it is none.
    """

    at: int
    work: Callable[[list[float]], float]
    parts: tuple[int, ...]
    name: str


class Steps:
    """An expression as the steps in which a person works it out, the last of which gives the cell itself.

    A product of a product is a kind of its own. The cell itself is rounded as its row is. What stands in an
    expression at several places, the same object, is worked out once.
    """

    def __init__(self, expression: Expression) -> None:
        self.numbers: list[float] = []  # those of the cells; the others are put in as they are worked out
        self.steps: list[Step] = []
        self.known: dict[tuple[int, str], int] = {}  # where the number of a part is, by what it stands in
        self.add(expression, "")

    @property
    def names(self) -> set[str]:
        """The kinds of steps that somebody may round."""
        return {step.name for step in self.steps if step.name}

    def add(self, expression: Expression, inside: str) -> int:
        """Add what gives a part of the expression; returns where its number is."""
        key = id(expression), inside
        if key in self.known:
            return self.known[key]
        if isinstance(expression, Cell | Number):
            self.numbers.append(expression.number)
        else:
            work, parts, name = way_of(expression)
            is_product, within = isinstance(expression, Product), inside == "product"
            if is_product and within:
                name = "factor"
            around = "product" if is_product or within else "cell"
            places = tuple([self.add(part, around) for part in parts])
            self.steps.append(Step(len(self.numbers), work, places, name if inside else ""))
            self.numbers.append(math.nan)
        self.known[key] = len(self.numbers) - 1
        return self.known[key]

    def result(self, rounded: Rounded) -> float:
        """Work the cell out, rounding the steps of some names."""
        numbers = self.numbers.copy()
        for at, work, parts, name in self.steps:
            number = work([numbers[part] for part in parts])
            numbers[at] = half_up(number, rounded[name]) if name in rounded else number
        return numbers[-1]


def way_of(  # noqa: PLR0911 - one a kind
    expression: Sum | Negative | Product | Square | Quotient | Call | Extreme,
) -> tuple[Callable[[list[float]], float], tuple[Expression, ...], str]:
    """Return how an expression is worked out, from what, and what kind of step that is."""
    match expression:
        case Sum(terms):
            return math.fsum, terms, ""
        case Negative(part):
            return negative, (part,), ""
        case Product(factors):
            return math.prod, factors, "product"
        case Square(part):
            return square, (part,), "product"
        case Quotient(above, below):
            return quotient, (above, below), "quotient"
        case Call(name, part):
            return partial(call, FLOATS.calls[name]), (part,), name
        case Extreme(extreme, parts):
            return EXTREMES[extreme], parts, ""


def negative(parts: list[float]) -> float:
    """Return −a."""
    return -parts[0]


def square(parts: list[float]) -> float:
    """Return a²."""
    return parts[0] ** 2


def quotient(parts: list[float]) -> float:
    """Return a/b; NaN where b is 0."""
    above, below = parts
    return above / below if below else math.nan


def call(function: Callable[[float], float], parts: list[float]) -> float:
    """Call a function; NaN where it has no value."""
    try:
        return function(parts[0])
    except (ValueError, OverflowError):
        return math.nan


def half_up(number: float, places: Places) -> float:
    """Round halves away from zero, as people do."""
    decimals = places.number
    if places.significant and number and math.isfinite(number):
        decimals -= 1 + math.floor(math.log10(abs(number)))
    units = abs(number) * 10.0 ** min(decimals, MAX_DECIMALS)
    if not units < LARGEST_EXACT or decimals > MAX_DECIMALS:
        return number
    return math.copysign(math.floor(units + 0.5 + JUST_ABOVE) / 10.0**decimals, number)
