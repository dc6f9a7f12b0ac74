"""How a cell is worked out, line by line; every equation is true at the digits that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Context, Decimal, localcontext
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.language import N_, _
from attncli.names import MATRIX, index_name
from attncli.ops.expression import (
    ONE,
    Arithmetic,
    Cell,
    Exact,
    Negative,
    Number,
    Product,
    Sum,
    collapsed,
    minus,
    paper,
    spell,
    value_of,
)
from attncli.ops.linear import MatMul
from attncli.ops.softmax import KeepAllowed, MaskOut, Softmax, SoftmaxGradient, SoftmaxSink
from attncli.result import Explanation, RowExplanation
from attncli.show.functions import cos, erf, sin, tanh
from attncli.show.matrix import FIRST, LAST, MOST
from attncli.show.numbers import FULL, in_full, written

if TYPE_CHECKING:
    from attncli.ops.expression import Expression
    from attncli.page.page import Row
    from attncli.result import Result


MOST_TERMS = 12
EXACT = Context(prec=40, traps=[])  # printed numbers are worked with as they stand
INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\[\]"])*\]')
FUNCTION = re.compile(r"\w+(?:⁻¹)?\(")
DEFINITION = re.compile(r", (?=\S+ = )")
SUM = re.compile(r"(?:row|col)sum\(([^()]*)\)")
MOST_GUARDS = 12  # decimals more than usual, where a number is divided by a small difference
PRINTED = {"∞": "Infinity", "-∞": "-Infinity", "~": "NaN"}
HIDING = {
    "causal": N_("the causal mask hides the words that come later"),
    "window": N_("it lies outside the mask's window"),
    "padding": N_("it is padding, which the mask hides from all"),
    "matrix": N_("the mask has a 0 there"),
}
CALLS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sqrt": Decimal.sqrt,
    "tanh": tanh,
    "erf": erf,
    "sin": sin,
    "cos": cos,
}


class Step(NamedTuple):
    """Arithmetic as it is printed: how far off, with how many guard digits, and what it gives."""

    off: Decimal
    guards: int
    value: Decimal


class Working:
    """Writes explanations with so many decimals, cutting long sums short unless all is wanted."""

    def __init__(self, decimals: int, *, full: bool = False) -> None:
        self.decimals, self.full = decimals, full
        self.style = paper(self.write, None if full else MOST_TERMS)
        self.known: dict[tuple[float, int], str] = {}

    def write(self, value: float, guards: int = 0) -> str:
        """Write a number as it is to be set."""
        return self.digits(value, guards)

    def digits(self, value: float, guards: int = 0) -> str:
        """Write a number, with guard digits where it has them."""
        if isinstance(value, Exact):
            return in_full(value)
        key = (value, guards)
        if key not in self.known:
            more = guards if self.decimals != FULL else 0
            text = written(value, self.decimals + more)
            if more and "." in text and "e" not in text:
                whole, point, part = text.partition(".")
                part = part[: self.decimals] + part[self.decimals :].rstrip("0")
                text = whole + point * bool(part) + part
            self.known[key] = text
        return self.known[key]

    def substituted(self, expression: Expression, guards: int = 0) -> str:
        """The numbers put in: ``2/√3``."""
        if not guards:
            return spell(expression, self.style)
        return spell(expression, self.style._replace(number=lambda number: self.write(number, guards)))

    def equation(
        self, expression: Expression, result: float, *, rounded: bool = False, short: bool = False
    ) -> list[str]:
        """Return the numbers put in, the step between unless it is ``short``, the result, with their signs.

        The sign is ``=`` where the digits that are printed give the digits that are printed, and ``≈``
        elsewhere; ``rounded`` means that the result is not just shown with fewer digits, but has no more.
        """
        with localcontext(EXACT):
            shown = self.digits(result)
            goal, half = as_decimal(shown), self.half(shown)
            first = self.step(expression, half, goal)
            steps = [(self.substituted(expression, first.guards), first.value)]
            inner = collapsed(expression)
            if not short and self.substituted(inner, first.guards) != steps[0][0]:
                goals = (first.value, goal) if first.off <= half else (first.value,)
                then = self.step(inner, half, *goals)
                if then.off > half:  # it cannot be equal to both
                    then = self.step(inner, half, goals[-1])
                steps.append((self.substituted(inner, then.guards), then.value))
            if steps[-1][0] == self.write(result):
                steps.pop()
            steps.append((self.write(result), goal))
            exact = not rounded or first.value == goal
            signs: list[str] = []
            for i in range(len(steps) - 1, 0, -1):
                within = distance(steps[i - 1][1], steps[i][1]) <= half
                true = within and distance(steps[i - 1][1], goal) <= half and (exact or i < len(steps) - 1)
                signs.insert(0, "=" if true else "≈")
            return [f" {sign} {text}" for sign, (text, _value) in zip(["=", *signs], steps, strict=True)]

    def step(self, expression: Expression, half: Decimal, *goals: Decimal) -> Step:
        """Choose as few guard digits as make the arithmetic equal to its goals; else what comes closest."""

        def tried(guards: int) -> Step:
            numbers = Arithmetic(lambda number: as_decimal(self.digits(number, guards)), added, CALLS)
            value = value_of(expression, numbers)
            return Step(max(distance(value, goal) for goal in goals), guards, value)

        usual = tried(0)
        if usual.off <= half:
            return usual
        best = tried(MOST_GUARDS)
        if best.off > half:
            return min(usual, best)
        return next(step for step in map(tried, range(1, MOST_GUARDS + 1)) if step.off <= half)

    def half(self, shown: str, guards: int = 0) -> Decimal:
        """Half a unit of the last digit that a number shows; a whole number is as exact as the others."""
        exponent = as_decimal(shown).as_tuple().exponent
        if isinstance(exponent, int) and ("e" in shown or (self.decimals == FULL and "." in shown)):
            return Decimal("0.5").scaleb(exponent)
        return Decimal("0.5").scaleb(-15 if self.decimals == FULL else -self.decimals - guards)

    def walk(
        self, explanation: Explanation | RowExplanation, depth: int | None
    ) -> Iterator[tuple[int, Explanation | RowExplanation]]:
        """Yield the cell and what it was made from, each once, with how many steps back that is.

        ``depth`` None goes down to the givens. A cell is worked out once; later it is only named.
        """
        seen: set[str] = set()

        def back(
            one: Explanation | RowExplanation, level: int
        ) -> Iterator[tuple[int, Explanation | RowExplanation]]:
            seen.add(one.name)
            yield level, one
            sources = [*one.sources] if depth is None or level < depth else []
            if isinstance(one, RowExplanation) and not self.full and len(sources) > MOST:
                sources = [*sources[:FIRST], *sources[-LAST:]]
            for source in sources:
                if source.row is not None and source.name not in seen:
                    yield from back(source, level + 1)

        return back(explanation, 0)

    def trail(self, explanation: Explanation | RowExplanation, depth: int | None) -> Iterator[str]:
        """Yield the cell's own line and, below it, those of what it was made from."""
        for level, one in self.walk(explanation, depth):
            yield ("  " * level)[1:] + "└ " * bool(level) + self.line(one)
            for remark in self.remarks(one):
                yield "  " * level + (" " if level else "") + "  " + remark

    def line(self, explanation: Explanation | RowExplanation) -> str:
        """Write one line: the cell, its formula, the numbers put in, the step between, the result."""
        if explanation.row is None:
            numbers = np.atleast_1d(explanation.shown).tolist()
            return self.given(self.named(explanation.name), ", ".join(map(self.write, numbers)))
        return "".join(self.steps(explanation))

    def steps(self, explanation: Explanation | RowExplanation) -> list[str]:
        """Return the parts of that line, each but the first with its sign of equality before it."""
        if isinstance(explanation, RowExplanation):
            return [self.named(explanation.name), f" = {self.named(formula_text(explanation))}"]
        expression = explanation.on_paper
        names = [explanation.name, self.formula(explanation)]
        if isinstance(expression, Cell):
            names.append(explanation.name_of(expression.symbol, expression.index))
        names = [f" = {self.named(name)}" for name in dict.fromkeys(names)]
        rounded = explanation.result.rounding is not None
        equation = self.equation(expression, explanation.shown, rounded=rounded)
        return [names[0].removeprefix(" = "), *names[1:], *equation]

    def formula(self, explanation: Explanation) -> str:
        """Write the formula for one cell."""
        return formula_text(explanation)

    def given(self, name: str, value: str) -> str:
        """Write the line of a number that nothing stands behind."""
        return _("{cell} = {value}, given", cell=name, value=value)

    def named(self, name: str) -> str:
        """Write the name of a cell, or of a place in a formula."""
        return name

    def remarks(self, explanation: Explanation | RowExplanation) -> Iterator[str]:
        """Say what one line cannot: the cases of (*), and why a masked cell is what it is."""
        row = explanation.row
        if row is None:
            return
        if isinstance(explanation, RowExplanation):
            if explanation.softmax and np.isneginf(explanation.softmax["z"]).all():
                yield explanation.result.words(_("everything is masked in this row: all its weights are 0"))
            elif len(explanation.value) > MOST and not self.full and not explanation.softmax:
                yield _(
                    "the first {first} and the last {last} cells; --full shows all", first=FIRST, last=LAST
                )
            return
        yield from self.asides(explanation, row)
        op = row.op.upright
        if isinstance(op, SoftmaxGradient):
            yield from self.softmax_cases(explanation, row)
        elif isinstance(op, MaskOut | KeepAllowed):
            yield from hidden(explanation)
        elif isinstance(op, Softmax | SoftmaxSink):
            scores = Explanation(explanation.result, row.args[0], explanation.index)
            if np.isneginf(scores.value):
                yield _("{cell} = −∞ and e^−∞ = 0", cell=scores.name)
                yield from hidden(scores)
                if isinstance(explanation.on_paper, Number):
                    yield scores.result.words(_("everything is masked in this row: all its weights are 0"))

    def asides(self, explanation: Explanation, row: Row) -> Iterator[str]:
        """Say what the letters of the formula are, and the numbers that were worked out for the whole row."""
        numbers = dict(row.op.asides(explanation.index, row.args, explanation.operands))
        definitions = {text.partition(" = ")[0]: text for text in definitions_of(row)}
        yield from (text for name, text in definitions.items() if name not in numbers)
        for name, values in numbers.items():
            shown = [*map(self.write, values if self.full else values[:MOST_TERMS])]
            more = ", …" * (len(shown) < len(values))
            yield f"{definitions.get(name, name)} = {', '.join(shown)}{more}"

    def softmax_cases(self, explanation: Explanation, row: Row) -> Iterator[str]:
        """Write out the article's (*): the row of the Jacobian, and the sum that the short form equals.

        Under ``--round`` each of its numbers is rounded too, as on paper.
        """
        result = explanation.result
        *lead, k = result.turn(explanation.index)
        rounding = result.rounding
        equation = partial(self.equation, rounded=rounding is not None, short=True)
        weights, arriving = row.args
        a, da = (result.turn(result[symbol])[tuple(lead)] for symbol in (weights, arriving))
        names = [explanation.name_of(weights, result.turn((*lead, i))) for i in range(len(a))]
        scores = explanation.name_of(row.of, explanation.index)
        jacobian = np.where(np.arange(len(a)) == k, a * (1 - a), -a * a[k])
        jacobian = rounding.matrix(jacobian) if rounding else jacobian
        numbers, factors = ([Number(float(x)) for x in values] for values in (a, jacobian))

        def case(expression: Expression, i: int) -> str:
            return "".join(equation(expression, float(jacobian[i])))

        own = Product((numbers[k], minus(ONE, numbers[k])))
        yield f"(*) i = k:  ∂{names[k]}/∂{scores} = a(1 − a){case(own, k)}"
        for i in [i for i in range(len(a)) if i != k][:1]:
            other = Product((Negative(numbers[i]), numbers[k]))
            yield f"(*) i ≠ k:  ∂{names[i]}/∂{scores} = −a_i·a_k{case(other, i)}"
        numbers_of_it = ", ".join(map(self.write, jacobian.tolist()))
        yield f"    {result.words(_('the whole row of (*): {numbers}', numbers=numbers_of_it))}"
        pairs = [(Number(float(x)), y) for x, y in zip(da, factors, strict=True)]
        terms = Sum(tuple(Product(pair[::-1] if result.problem.lying else pair) for pair in pairs))
        value = rounding.number(value_of(terms)) if rounding else explanation.shown
        product = f"(*)·d{weights}" if result.problem.lying else f"d{weights}·(*)"
        total = f"Σ {product}{''.join(equation(terms, value))}"
        shown = self.write(explanation.shown)
        if self.write(value) == shown:
            yield f"    {_('{sum}, the same', sum=total)}"
        else:
            words = _("{sum}; not {value} as above, because here (*) is rounded too", sum=total, value=shown)
            yield f"    {words}"


def hidden(explanation: Explanation) -> Iterator[str]:
    """Say which word may not look at which, and why; nothing about what may be looked at."""
    result = explanation.result
    mask, index = result.given.get("mask"), result.turn(explanation.index)
    i, j = index[-MATRIX:]
    for reason in mask.hiding(*index) if mask is not None else ():
        row, column = (
            index_name(place, labels)
            for place, labels in zip((i, j), result.turn(tuple(result.labels("A")))[-MATRIX:], strict=True)
        )
        said = result.words(_("row {i} ({row}) may not look at column {j} ({column}): {reason}"))
        yield said.format(row=row, i=i + 1, column=column, j=j + 1, reason=_(HIDING[reason]))


def as_decimal(shown: str) -> Decimal:
    """Read a number as it is printed."""
    return Decimal(PRINTED.get(shown, shown))


def added(terms: Iterable[Decimal]) -> Decimal:
    """Add numbers up."""
    return sum(terms, Decimal())


def distance(a: Decimal, b: Decimal) -> Decimal:
    """How far two numbers are apart; infinitely far where one of them is none."""
    apart = Decimal() if a == b else abs(a - b)
    return Decimal("Infinity") if apart.is_nan() else apart


def definitions_of(row: Row) -> list[str]:
    """Return what stands behind a formula to say what a letter in it is."""
    return DEFINITION.split(row.op.text(*row.args))[1:]


def formula_text(explanation: Explanation | RowExplanation) -> str:
    """Write the formula for one cell or row: ``Q[Death]·K[wind]``, ``softmax(Z)[Death]``, ``S/√d_k``."""
    row = explanation.row
    if row is None:
        return explanation.name
    text, *_definitions = DEFINITION.split(row.op.text(*row.args))
    if not isinstance(row.op.upright, MatMul):
        index = explanation.name.removeprefix(explanation.symbol)
        return f"{text}{index}" if text.endswith(")") and FUNCTION.match(text) else text
    (a, a_turned), (b, b_turned), *bias = row.reads
    result, lying = explanation.result, explanation.result.problem.lying
    if isinstance(explanation, RowExplanation):
        *heads, i = explanation.index
        left = line_name(result, a, heads, i, column=a_turned)
        if not lying:
            return left + text.removeprefix(row.args[0])
        before = row.args[1] + "·"
        return before + left + text.removeprefix(before + row.args[0])
    *heads, i, j = result.turn(explanation.index)
    factors = [
        line_name(result, a, heads, i, column=a_turned),
        line_name(result, b, heads, j, column=not b_turned),
    ]
    product = "·".join(reversed(factors) if lying else factors)
    return product + "".join(f" + {explanation.name_of(symbol, (j,))}" for symbol, _turned in bias)


def line_name(result: Result, symbol: str, heads: Sequence[int], i: int, *, column: bool) -> str:
    """Name a whole row, ``Q[Death]``, or a whole column, ``Wq[·,1]``; lying a column or a row ``Wq[1,·]``."""
    lying = result.problem.lying
    column = column != lying
    shape = result[symbol].shape
    lead = tuple(heads) if len(shape) > 2 else ()  # noqa: PLR2004
    cell = result.cell_name(symbol, (*lead, 0, i) if column else (*lead, i, 0))
    body, _bracket, last = cell.rpartition("[")
    first, _comma, second = split_last(last.removesuffix("]"))
    return f"{body}[·,{second}]" if column else f"{body}[{first}{',·' if lying else ''}]"


def split_last(index: str) -> tuple[str, str, str]:
    """Cut ``Death,1`` in two; a quoted token may hold a comma of its own."""
    quoted = index.startswith('"')
    cut = index.index('",') + 1 if quoted and '",' in index else index.index(",")
    return index[:cut], ",", index[cut + 1 :]


class CellWorking(Working):
    """Writes the formula of a cell as one of numbers: A·(dA − Σ A·dA)."""

    def parts(self, explanation: Explanation | RowExplanation) -> list[str]:
        """Return the steps of a cell, or what is given."""
        return self.steps(explanation) if explanation.row else [self.line(explanation)]

    def formula(self, explanation: Explanation) -> str:
        """Write the formula for one cell."""
        return SUM.sub(r"Σ \1", super().formula(explanation).replace("∘", "·"))
