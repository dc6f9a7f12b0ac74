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


Known = dict[tuple[int, str], float]  # what parts came to, each by its object and what it stands in
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
        for rounded in roundings(sorted(step_names(expression)), places):
            yield worked(expression, partial(rounded_as, rounded))


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


def step_names(expression: Expression) -> set[str]:
    """Name the kinds of steps inside a cell that somebody may round."""
    names: set[str] = set()

    def note(number: float, name: str) -> float:
        names.add(name)
        return number

    worked(expression, note)
    return names


def worked(  # noqa: C901 - one a kind
    expression: Expression,
    step: Callable[[float, str], float],
    inside: str = "",
    known: Known | None = None,
) -> float:
    """Work an expression out; ``step`` rounds each step inside it that somebody writes down, given its name.

    A product of a product is a kind of its own. The last step gives the cell itself, which is rounded as
    the row is. What stands in it at several places, the same object, is worked out once: ``known``.
    """
    if isinstance(expression, Cell | Number):
        return expression.number
    done: Known = {} if known is None else known
    around = "product" if isinstance(expression, Product) or inside == "product" else "cell"

    def of(part: Expression) -> float:
        if isinstance(part, Cell | Number):
            return part.number
        key = id(part), around
        if key not in done:
            done[key] = worked(part, step, around, done)
        return done[key]

    match expression:
        case Sum(terms):
            return math.fsum(map(of, terms))
        case Negative(part):
            return -of(part)
        case Product(factors):
            value = math.prod(map(of, factors))
            name = "factor" if inside == "product" else "product"
        case Square(part):
            value, name = of(part) ** 2, "product"
        case Quotient(above, below):
            number, divisor = of(above), of(below)
            value, name = number / divisor if divisor else math.nan, "quotient"
        case Call(name, part):
            value = call(FLOATS.calls[name], of(part))
        case Extreme(extreme, parts):
            return float(EXTREMES[extreme](map(of, parts)))
    return step(value, name) if inside else value


def rounded_as(rounded: Rounded, value: float, name: str) -> float:
    """Round a step, if steps of its name are rounded."""
    return half_up(value, rounded[name]) if name in rounded else value


def call(function: Callable[[float], float], number: float) -> float:
    """Call a function; NaN where it has no value."""
    try:
        return function(number)
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
