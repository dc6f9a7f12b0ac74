"""One cell's arithmetic as an expression: written on paper, or in plain ASCII for a machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

Write = Callable[[float], str]
SUM, UNARY, PRODUCT, POWER, ATOM = range(5)  # how tightly a piece of text holds together
LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class Cell:
    """A number that stands on the page: one cell of a given or of an earlier row."""

    symbol: str
    index: tuple[int, ...]
    number: float


class Number(NamedTuple):
    """A number of the formula itself, such as the 2 of 2(O − Y)."""

    number: float


class Exact(float):
    """A number that is written with all its digits, such as an ε of 0.00001."""


class Sum(NamedTuple):
    """Terms added up; a term may be a Negative."""

    terms: tuple[Expression, ...]


class Product(NamedTuple):
    """Factors multiplied."""

    factors: tuple[Expression, ...]


class Quotient(NamedTuple):
    """One divided by the other."""

    above: Expression
    below: Expression


class Negative(NamedTuple):
    """Minus something."""

    of: Expression


class Call(NamedTuple):
    """The "exp", "log", "sqrt", "tanh", "erf", "sin" or "cos" of something."""

    name: str
    of: Expression


class Square(NamedTuple):
    """Something times itself."""

    of: Expression


class Extreme(NamedTuple):
    """The "max" or the "min" of several."""

    name: str
    of: tuple[Expression, ...]


Expression: TypeAlias = Cell | Number | Sum | Product | Quotient | Negative | Call | Square | Extreme

ONE = Number(1.0)


def exp(of: Expression) -> Call:
    """e^of."""
    return Call("exp", of)


def log(of: Expression) -> Call:
    """The natural logarithm of something."""
    return Call("log", of)


def minus(a: Expression, b: Expression) -> Sum:
    """A − b."""
    return Sum((a, Negative(b)))


def cells_of(expression: Expression) -> Iterator[Cell]:
    """Yield the cells that go in, each once, in the order in which they stand."""
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for cell in _cells(expression):
        if (cell.symbol, cell.index) not in seen:
            seen.add((cell.symbol, cell.index))
            yield cell


def _cells(expression: Expression) -> Iterator[Cell]:
    match expression:
        case Cell():
            yield expression
        case Sum(parts) | Product(parts) | Extreme(_, parts):
            for part in parts:
                yield from _cells(part)
        case Quotient(above, below):
            yield from _cells(above)
            yield from _cells(below)
        case Negative(of) | Call(_, of) | Square(of):
            yield from _cells(of)
        case Number():
            pass


class Arithmetic(NamedTuple):
    """In which numbers an expression is worked out: how one is read, several are added, a call is made."""

    read: Callable[[float], Any]
    add: Callable[[Iterable[Any]], Any]
    calls: Mapping[str, Callable[[Any], Any]]


CALLS = ("exp", "log", "sqrt", "tanh", "erf", "sin", "cos")
FLOATS = Arithmetic(float, math.fsum, {name: getattr(math, name) for name in CALLS})
EXTREMES: Mapping[str, Callable[[Iterable[Any]], Any]] = {"max": max, "min": min}


def value_of(expression: Expression, numbers: Arithmetic = FLOATS) -> Any:  # noqa: ANN401, PLR0911 - one a kind
    """Work the arithmetic out."""
    work = partial(value_of, numbers=numbers)
    match expression:
        case Cell(number=number) | Number(number):
            return numbers.read(number)
        case Sum(terms):
            return numbers.add(map(work, terms))
        case Product(factors):
            return math.prod(map(work, factors))
        case Quotient(above, below):
            return work(above) / work(below)
        case Negative(of):
            return -work(of)
        case Square(of):
            return work(of) ** 2
        case Call(name, of):
            return numbers.calls[name](work(of))
        case Extreme(name, parts):
            return EXTREMES[name](map(work, parts))


def collapsed(expression: Expression) -> Expression:
    """Work out what stands inside: the step on paper between the numbers put in and the result."""
    match expression:
        case Product(factors):
            return Product(tuple(Number(value_of(factor)) for factor in factors))
        case Quotient(above, below):
            if isinstance(below, Call) and below.name == "sqrt":
                root = Call("sqrt", Number(value_of(below.of)))
                return Quotient(Number(value_of(above)), root)
            return Quotient(Number(value_of(above)), Number(value_of(below)))
        case Negative(of):
            return Negative(collapsed(of))
        case Sum(terms) if any(not isinstance(term, Cell | Number | Negative) for term in terms):
            return Sum(tuple(Number(value_of(term)) for term in terms))
        case _:
            return expression


class Style(NamedTuple):
    """How arithmetic is spelled. A call's braces stand for what it is applied to; others are ``name(…)``.

    Sums of more than ``most`` terms are cut short with an ellipsis.
    """

    number: Write
    minus: str
    times: str
    square: str
    calls: Mapping[str, str]
    enclosed: bool
    most: int | None = None

    def call(self, name: str, inside: str) -> str:
        """Write a function of something."""
        return self.calls.get(name, name + "({})").format(inside)


def full_precision(number: float) -> str:
    """Write a number so that reading it gives the same number."""
    if not math.isfinite(number):
        return str(float(number))
    whole = number == int(number) and abs(number) < LARGEST_EXACT
    return str(int(number)) if whole else repr(float(number))


ASCII = Style(
    number=full_precision,
    minus="-",
    times="*",
    square="**2",
    calls={},
    enclosed=True,
)


def paper(number: Write, most: int | None = None) -> Style:
    """Return the style of a person: ``1·1 + 0·1``, ``2/√3``, ``e^1.15/(e^1.73 + …)``."""
    calls = {"exp": "e^{}", "log": "ln {}", "sqrt": "√{}"}
    return Style(number, "−", "·", "²", calls, enclosed=False, most=most)


def spell(expression: Expression, style: Style) -> str:
    """Write the arithmetic out."""
    return _spell(expression, style)[0]


def _spell(expression: Expression, style: Style) -> tuple[str, int]:  # noqa: C901, PLR0911 - one a kind
    """Return the text, and how tightly it holds together."""

    def held(part: Expression, least: int) -> str:
        text, strength = _spell(part, style)
        return text if strength >= least else f"({text})"

    match expression:
        case Cell(number=number) | Number(number):
            text = style.number(number)
            return text, UNARY if text.startswith("-") else ATOM
        case Sum(terms):
            return _spell_sum(terms, style, held), SUM
        case Product((Negative(of), *factors)):
            return style.times.join(
                [style.minus + held(of, POWER), *(held(one, POWER) for one in factors)]
            ), UNARY
        case Product(factors):
            return style.times.join(held(factor, POWER) for factor in factors), PRODUCT
        case Quotient(above, below):
            return f"{held(above, PRODUCT)}/{held(below, POWER)}", PRODUCT
        case Negative(of):
            return f"{style.minus}{held(of, POWER)}", UNARY
        case Square(of):
            return f"{held(of, ATOM)}{style.square}", POWER
        case Call(name, of):
            if style.enclosed or name not in style.calls:
                return style.call(name, spell(of, style)), ATOM
            power = name == "exp" and not isinstance(of, Product | Quotient)
            text = style.call(name, held(of, UNARY if power else ATOM))
            return text, PRODUCT if name == "log" else POWER
        case Extreme(name, parts):
            return style.call(name, ", ".join(spell(part, style) for part in parts)), ATOM


def _spell_sum(terms: Sequence[Expression], style: Style, held: Callable[[Expression, int], str]) -> str:
    kept = terms if style.most is None else terms[: style.most]
    text = ""
    for i, term in enumerate(kept):
        if isinstance(term, Negative) and i:
            text += f" {style.minus} {held(term.of, PRODUCT)}"
        else:
            text += (" + " if i else "") + held(term, PRODUCT if i else UNARY)
    return text + (" + …" if len(kept) < len(terms) else "")
