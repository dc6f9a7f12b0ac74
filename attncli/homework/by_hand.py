"""The person with a pocket calculator: one cell's arithmetic, with what is written down on the way rounded.

Each step inside a cell may be rounded: √d_k, each e^z, each product, each quotient, each term of the loss; a
sum is not rounded before the cell is. And a formula may be worked another way that gives the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.ops.cross_entropy import BCE_DO, CE_DO, SIGMOID
from attncli.ops.expression import (
    FLOATS,
    LARGEST_EXACT,
    ONE,
    Call,
    Cell,
    Expression,
    Negative,
    Number,
    Product,
    Quotient,
    Square,
    Sum,
    exp,
    minus,
)
from attncli.ops.softmax import SAFE, SOFTMAX_GRADIENT, Softmax
from attncli.result import operand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import Any

    from attncli.ops.op import Operand
    from attncli.page.page import Row


MAX_DECIMALS = 300  # of a number that is not next to nothing
JUST_ABOVE = 1e-9  # of a unit: 0.125 lies just between 0.12 and 0.13, though its binary form may not


class Places(NamedTuple):
    """So many decimals, or significant digits."""

    number: int
    significant: bool = False


Rounded = Mapping[str, Places]  # which steps inside a cell are rounded, and how far

KEYS = ("exp", "log", "sqrt")  # what is read off a key of the calculator
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
        for rounded in roundings(sorted(set(step_names(expression))), places):
            yield worked(expression, rounded)


def roundings(names: Sequence[str], places: Collection[Places]) -> Iterator[Rounded]:
    """Yield the ways in which some of these steps may be rounded: all the same, but for the keys."""
    for some in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):
        keys = {*OFTEN, *places} if any(name in KEYS for name in some) else {Places(0)}
        others = places if any(name not in KEYS for name in some) else {Places(0)}
        for key, other in product(keys, others):
            yield {name: key if name in KEYS else other for name in some}


def expressions(
    row: Row, index: tuple[int, ...], values: Mapping[str, Any], sizes: Mapping[str, int]
) -> Iterator[Expression]:
    """Write one cell out, as the page has it and as it is also done."""
    args = [operand(values, sizes, *read) for read in row.reads]
    yield row.op.cell(index, *args)
    if row.op is SOFTMAX_GRADIENT:
        yield by_the_matrix(index, *args)
    elif isinstance(row.op, Softmax):
        yield below_the_largest(index, args[0])
    elif row.op is SIGMOID and abs(args[0].value[index]) < SAFE:
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


def below_the_largest(index: tuple[int, ...], scores: Operand) -> Expression:
    """Write a softmax with the row's largest score taken off each first."""
    *row, k = index
    numbers = scores.value[tuple(row)]
    seen = np.flatnonzero(np.isfinite(numbers)).tolist()
    if k not in seen:
        return Number(0.0)
    top = max(seen, key=lambda i: float(numbers[i]))
    powers = {i: exp(minus(scores.at(*row, i), scores.at(*row, top))) for i in seen}
    return Quotient(powers[k], Sum(tuple(powers.values())))


def through_p(row: Row, index: tuple[int, ...], p: Operand, dp: Operand) -> Iterator[Expression]:
    """Write dO by way of dP and the derivative of what made P."""
    if row.op is CE_DO:
        yield SOFTMAX_GRADIENT.cell(index, p, dp)
        yield by_the_matrix(index, p, dp)
    else:
        yield Product((dp.at(*index), Product((p.at(*index), minus(ONE, p.at(*index))))))


def step_names(expression: Expression, inside: str = "") -> Iterator[str]:
    """Name the kinds of steps inside a cell; a product of a product is a kind of its own.

    The last step gives the cell itself, which is rounded as the row is.
    """
    match expression:
        case Sum(parts) | Product(parts):
            below = parts
        case Quotient(above, beneath):
            below = (above, beneath)
        case Negative(of) | Call(_, of) | Square(of):
            below = (of,)
        case Cell() | Number():
            return
    if inside and (name := step_name(expression, inside)):
        yield name
    for part in below:
        yield from step_names(part, carried(expression, inside))


def step_name(expression: Expression, inside: str) -> str:
    """Name one step: "" for what nobody writes down by itself."""
    match expression:
        case Call(name, _):
            return name
        case Product():
            return "factor" if inside == "product" else "product"
        case Square():
            return "product"
        case Quotient():
            return "quotient"
        case _:
            return ""


def carried(expression: Expression, inside: str) -> str:
    """Say within what the parts of an expression stand."""
    if isinstance(expression, Product) or inside == "product":
        return "product"
    return "cell"


def worked(expression: Expression, rounded: Rounded, inside: str = "") -> float:
    """Work an expression out, with these kinds of steps rounded."""

    def of(part: Expression) -> float:
        return worked(part, rounded, carried(expression, inside))

    match expression:
        case Cell(number=number) | Number(number):
            return number
        case Sum(terms):
            return math.fsum(map(of, terms))
        case Negative(part):
            return -of(part)
        case Product(factors):
            value = math.prod(map(of, factors))
        case Square(part):
            value = of(part) ** 2
        case Quotient(above, below):
            divisor = of(below)
            value = of(above) / divisor if divisor else math.nan
        case Call(name, part):
            value = call(FLOATS.calls[name], of(part))
    places = rounded.get(step_name(expression, inside)) if inside else None
    return value if places is None else half_up(value, places)


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
