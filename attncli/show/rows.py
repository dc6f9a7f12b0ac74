"""What is explained as a table: a row of a softmax step by step, and the derivative (*) at a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import localcontext
from typing import TYPE_CHECKING, NamedTuple

from attncli.names import STAR
from attncli.ops.expression import Number, Quotient, Sum, exp
from attncli.result import Jacobian
from attncli.show.matrix import ACROSS, hidden, matrix_view, names, places, text_view
from attncli.show.numbers import aligned
from attncli.show.working import EXACT, as_decimal

if TYPE_CHECKING:
    from attncli.result import RowExplanation
    from attncli.show.display import Display
    from attncli.show.matrix import View
    from attncli.show.working import Working

MOST_TRIES = 4


class Titled(NamedTuple):
    """A table, and what stands over it."""

    title: str
    view: View


def tables(one: RowExplanation, working: Working, display: Display) -> Iterator[Titled]:
    """Yield the tables of a row; none where its cells say it all."""
    tokens = one.tokens
    if isinstance(one, Jacobian):
        square = matrix_view(one.value, tokens, tokens, display)
        yield Titled(f"{one.name} = {one.formula}", square)
        if one.use:
            lines = [[working.write(number) for number in line] for line in one.use.values()]
            arriving, _product, gradient = one.use
            place = one.name.removeprefix(STAR)
            sign = "=" if lines[1] == lines[2] else "≈"  # where (*) was rounded too
            factors = [f"{arriving}{place}", one.name]
            product = "·".join(reversed(factors) if one.result.problem.lying else factors)
            title = f"{gradient}{place} {sign} {product}"
            yield Titled(title, lines_view([*one.use], tokens, lines, display))
    elif one.softmax:
        *scores, powers, total = one.softmax
        lines = softmax_lines(one, working, set(places(len(one.value), display)))
        yield Titled("", lines_view([*scores, powers, total, f"{powers}/{total}"], tokens, lines, display))


def softmax_lines(one: RowExplanation, working: Working, shown: set[int]) -> list[list[str]]:
    """Write the steps of a softmax with as many guard digits as make each line follow from those above it.

    In columns that are not ``shown`` nothing is written.
    """
    *scores, powers, total = [[Number(number) for number in line.tolist()] for line in one.softmax.values()]
    columns = [j for j in range(len(powers)) if j in shown]
    shares = one.shown.tolist()

    def line(numbers: Mapping[int, str]) -> list[str]:
        return [numbers.get(j, "") for j in range(len(powers))]

    def follows(j: int) -> bool:
        share = working.write(shares[j])
        above = Number(float(working.write(powers[j].number, more)))
        half = working.half(share)
        return working.step(Quotient(above, Number(float(whole))), half, as_decimal(share)).off <= half

    with localcontext(EXACT):
        for guards in range(MOST_TRIES):
            whole = working.write(total[0].number, guards)
            more = working.step(Sum(tuple(powers)), working.half(whole, guards), as_decimal(whole)).guards
            if all(map(follows, columns)):
                break
        steps = {j: working.write(powers[j].number, more) for j in columns}
        last = {
            j: working.write(
                z.number, working.step(exp(z), working.half(step, more), as_decimal(step)).guards
            )
            for j, step in steps.items()
            for z in scores[-1][j : j + 1]
        }
    first = [line({j: working.write(numbers[j].number) for j in columns}) for numbers in scores[:-1]]
    quotients = {j: working.write(shares[j]) for j in columns}
    return [*first, line(last), line(steps), line(dict.fromkeys(columns, whole)), line(quotients)]


def lines_view(
    labels: Sequence[str], tokens: tuple[str, ...] | None, lines: Sequence[Sequence[str]], display: Display
) -> View:
    """Lay numbers out that are written already, one decimal point under the other."""
    width = len(lines[0])
    across = places(width, display)
    columns = []
    for j, name in zip(across, names(tokens, across, display, ACROSS), strict=True):
        texts = [display.fit(line[j]) if j >= 0 else name for line in lines]
        columns.append([name, *aligned(texts)])
    corners = hidden([*range(len(lines))], across, (len(lines), width), display)
    return text_view([display.fit(label) for label in labels], columns, corners)
