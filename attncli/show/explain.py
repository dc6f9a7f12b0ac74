"""The screen of ``explain``: what each symbol means, and how a cell is worked out: a tree, or plain lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.measure import Measurement
from rich.tree import Tree

from attncli.language import _
from attncli.ops.expression import collapsed, paper, spell, value_of
from attncli.ops.linear import MatMul
from attncli.ops.softmax import SoftmaxGradient
from attncli.show.entry import symbol_style
from attncli.show.glossary import GLOSSARY, RULES, meaning, row_sums
from attncli.show.matrix import DIM
from attncli.show.numbers import written
from attncli.show.terminal import INDENT, Words
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from attncli.ops.expression import Expression
    from attncli.page.page import Row
    from attncli.result import Explanation, Result


MOST_TERMS = 12
INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\[\]"])*\]')
SUM = re.compile(r"(?:row|col)sum\(([^()]*)\)")


def screen(explained: Sequence[Explained]) -> Iterator[RenderableType]:
    """Yield the words about each symbol, and each cell's working as a tree."""
    for i, one in enumerate(explained):
        if i:
            yield ""
        colors = {symbol: symbol_style(symbol) for symbol in one.result.values}
        for words in one.words:
            yield colored(words, colors)
        if one.words and one.has_working:
            yield ""
        if one.has_working:
            yield tree(one, colors)


def tree(one: Explained, colors: Mapping[str, str]) -> Tree:
    """Draw what a cell is made from below it, and so on."""
    working = CellWorking(one.decimals, full=one.full)
    branches: list[Tree] = []
    for level, explanation in working.walk(one.explanation, one.depth):
        label = Equation(working.parts(explanation), [*working.remarks(explanation)], colors)
        if level:
            branches[level:] = [branches[level - 1].add(label)]
        else:
            branches = [Tree(label, guide_style=DIM)]
    return branches[0]


class Equation:
    """The steps from a cell's formula to its number: on one line, or one a line where that is too narrow."""

    def __init__(self, parts: Sequence[str], remarks: Sequence[str], colors: Mapping[str, str]) -> None:
        self.whole = colored("".join(parts), colors)
        head, *steps = [parts[0] + parts[1], *parts[2:]] if len(parts) > 1 else parts
        self.lines = [
            colored(head, colors, hanging=2 * INDENT),
            *(colored(step.lstrip(), colors, indent=INDENT, hanging=2 * INDENT) for step in steps),
        ]
        self.remarks = [
            colored(text, colors, indent=INDENT + len(text) - len(text.lstrip()), hanging=2 * INDENT)
            for text in remarks
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        if cell_len(self.whole.fitted(console, options).plain) <= options.max_width:
            yield self.whole
        else:
            yield from self.lines
        yield from self.remarks

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide the longest word is, and the whole line."""
        least = max(Measurement.get(console, options, line).minimum for line in (*self.lines, *self.remarks))
        return Measurement(least, max(least, Measurement.get(console, options, self.whole).maximum))


def colored(text: str, colors: Mapping[str, str], *, indent: int = 0, hanging: int = 0) -> Words:
    """Write a line in which each symbol of the page has its own colour; the names of cells have none."""
    words = Words(text.strip(), indent=indent, hanging=hanging)
    inside = [found.span() for found in INDEX.finditer(words.plain)]
    names = "|".join(map(re.escape, sorted(colors, key=len, reverse=True)))
    for found in re.finditer(rf"(?<![\w.])(?:{names})(?![\w'])", words.plain):
        if not any(start < found.start() < end for start, end in inside):
            words.stylize(colors[found[0]], *found.span())
    return words


class Working:
    """Writes explanations with so many decimals, cutting long sums short unless all is wanted."""

    def __init__(self, decimals: int, *, full: bool = False) -> None:
        self.style = paper(lambda number: written(number, decimals), None if full else MOST_TERMS)
        self.write: Callable[[float], str] = self.style.number

    def substituted(self, expression: Expression) -> str:
        """The numbers put in: ``2/√3``."""
        return spell(expression, self.style)

    def walk(self, explanation: Explanation, depth: int | None) -> Iterator[tuple[int, Explanation]]:
        """Yield the cell and what it was made from, each once, with how many steps back that is.

        ``depth`` None goes down to the givens. A cell is worked out once; later it is only named.
        """
        seen: set[str] = set()

        def back(one: Explanation, level: int) -> Iterator[tuple[int, Explanation]]:
            seen.add(one.name)
            yield level, one
            for source in one.sources if depth is None or level < depth else ():
                if source.row is not None and source.name not in seen:
                    yield from back(source, level + 1)

        return back(explanation, 0)

    def trail(self, explanation: Explanation, depth: int | None) -> Iterator[str]:
        """Yield the cell's own line and, below it, those of what it was made from."""
        for level, one in self.walk(explanation, depth):
            yield ("  " * level)[1:] + "└ " * bool(level) + self.line(one)
            for remark in self.remarks(one):
                yield "  " * level + (" " if level else "") + "  " + remark

    def line(self, explanation: Explanation) -> str:
        """Write one line: the cell, its formula, the numbers put in, the step between, the result."""
        if explanation.row is None:
            return self.given(self.named(explanation.name), self.write(explanation.shown))
        return "".join(self.steps(explanation))

    def steps(self, explanation: Explanation) -> list[str]:
        """Return the parts of that line, each but the first with its sign of equality before it."""
        expression = explanation.expression
        steps = [
            self.named(explanation.name),
            self.named(self.formula(explanation)),
            self.substituted(expression),
            self.substituted(collapsed(expression)),
            self.write(explanation.shown),
        ]
        kept = [step for i, step in enumerate(steps) if i == 0 or step != steps[i - 1]]
        rounded = explanation.result.rounding is not None and value_of(expression) != explanation.value
        return [kept[0], *(f" = {step}" for step in kept[1:-1]), (" ≈ " if rounded else " = ") + kept[-1]]

    def formula(self, explanation: Explanation) -> str:
        """Write the formula for one cell."""
        return place_text(explanation)

    def given(self, name: str, value: str) -> str:
        """Write the line of a number that nothing stands behind."""
        return _("{cell} = {value}, given", cell=name, value=value)

    def named(self, name: str) -> str:
        """Write the name of a cell, or of a place in a formula."""
        return name

    def remarks(self, explanation: Explanation) -> Iterator[str]:
        """Say what one line cannot: the cases of (*), the maximum taken off."""
        row = explanation.row
        if row is not None and isinstance(row.op, SoftmaxGradient):
            yield from self.softmax_cases(explanation, row)

    def softmax_cases(self, explanation: Explanation, row: Row) -> Iterator[str]:
        """Write out the article's (*): the row of the Jacobian, and the sum that the short form equals."""
        result, (*lead, k) = explanation.result, explanation.index
        weights, arriving = row.args
        a, da = result[weights][tuple(lead)], result[arriving][tuple(lead)]
        names = [explanation.name_of(weights, (*lead, i)) for i in range(len(a))]
        scores = explanation.name_of(row.of, explanation.index)
        own, write = names[k], self.write
        yield (
            f"(*) i = k:  ∂{own}/∂{scores} = a(1 − a) = {write(a[k])}·(1 − {write(a[k])})"
            f" = {write(a[k] * (1 - a[k]))}"
        )
        jacobian = np.where(np.arange(len(a)) == k, a * (1 - a), -a * a[k])
        for i in [i for i in range(len(a)) if i != k][:1]:
            product = f"−{write(a[i])}·{write(a[k])} = {write(jacobian[i])}"
            yield f"(*) i ≠ k:  ∂{names[i]}/∂{scores} = −a_i·a_k = {product}"
        whole = _("the whole row of (*): {numbers}", numbers=", ".join(map(write, jacobian)))
        yield f"    {whole}"
        terms = " + ".join(f"{write(x)}·{bracketed(write(y))}" for x, y in zip(da, jacobian, strict=True))
        total = f"Σ d{weights}·(*) = {terms} = {write(float(da @ jacobian))}"
        yield f"    {_('{sum}, the same', sum=total)}"


def bracketed(number: str) -> str:
    """Put a negative factor in parentheses."""
    return f"({number})" if number.startswith("-") else number


def place_text(explanation: Explanation) -> str:
    """Write the formula for one cell: ``Q[Death]·K[wind]``, ``softmax(Z)[Death,wind]``, ``S/√d_k``."""
    row = explanation.row
    if row is None:
        return explanation.name
    text = row.op.text(*row.args)
    index = explanation.name.removeprefix(explanation.symbol)
    if isinstance(row.op, MatMul):
        (a, a_turned), (b, b_turned), *bias = row.reads
        *heads, i, j = explanation.index
        left = line_name(explanation, a, heads, i, column=a_turned)
        right = line_name(explanation, b, heads, j, column=not b_turned)
        added = "".join(f" + {explanation.name_of(symbol, (j,))}" for symbol, _turned in bias)
        return f"{left}·{right}{added}"
    return f"{text}{index}" if text.endswith(")") and text.split("(")[0].isalpha() else text


def line_name(explanation: Explanation, symbol: str, heads: Sequence[int], i: int, *, column: bool) -> str:
    """Name a whole row, ``Q[Death]``, or a whole column, ``Wq[·,1]``."""
    shape = explanation.result[symbol].shape
    lead = tuple(heads) if len(shape) > 2 else ()  # noqa: PLR2004
    cell = explanation.name_of(symbol, (*lead, 0, i) if column else (*lead, i, 0))
    body, _bracket, last = cell.rpartition("[")
    first, _comma, second = split_last(last.removesuffix("]"))
    return f"{body}[·,{second}]" if column else f"{body}[{first}]"


def split_last(index: str) -> tuple[str, str, str]:
    """Cut ``Death,1`` in two; a quoted token may hold a comma of its own."""
    quoted = index.startswith('"')
    cut = index.index('",') + 1 if quoted and '",' in index else index.index(",")
    return index[:cut], ",", index[cut + 1 :]


def prose(result: Result, symbol: str) -> Iterator[str]:
    """Yield paragraphs about one symbol of the page."""
    heads = result.problem.form.heads
    row = result.page.row.get(symbol)
    shape = " × ".join(map(str, result[symbol].shape)) or _("one number")
    letters = " × ".join(result.letters(symbol))
    yield f"{result.formula(symbol)}   {shape}" + (f"   ({letters})" if letters else "")
    yield from gradient_words(row) if row and row.backward else map(_, GLOSSARY[symbol][1:])
    if symbol == "A":
        yield row_sums(result)
    if row:
        sources = dict.fromkeys(name for name, _turned in row.reads if name in result.values)
        named = [
            _("{symbol} ({meaning})", symbol=name, meaning=meaning(name, heads, result.page.row.get(name)))
            for name in sources
        ]
        yield _("Computed from {sources}.", sources=", ".join(named))
    else:
        yield _("Given in the config.")
    readers = [reader.formula for reader in result.page.rows if symbol in dict(reader.reads)]
    if readers:
        yield _("Used in {formulas}.", formulas=";  ".join(readers))
    gradient = result.page.row.get(f"d{symbol}")
    if gradient:
        rule = _(RULES.get(type(gradient.op).__name__, ""))
        yield f"{_('Its gradient: {formula}.', formula=gradient.formula)} {rule}".rstrip()


def gradient_words(row: Row) -> Iterator[str]:
    """What a gradient says, and where its rule comes from."""
    if row.via:
        yield _(
            "{symbol} is ∂L/∂{of}: how much the loss L grows per unit that a cell of {of} grows,"
            " counting only the path through {path}. It has the shape of {of}.",
            symbol=row.symbol,
            of=row.of,
            path=row.via,
        )
    else:
        yield _(
            "{symbol} is ∂L/∂{of}: how much the loss L grows per unit that a cell of {of} grows."
            " It has the shape of {of}.",
            symbol=row.symbol,
            of=row.of,
        )
    yield _(RULES[type(row.op).__name__])


class CellWorking(Working):
    """Writes the formula of a cell as one of numbers: A·(dA − Σ A·dA)."""

    def parts(self, explanation: Explanation) -> list[str]:
        """Return the steps of a cell, or what is given."""
        return self.steps(explanation) if explanation.row else [self.line(explanation)]

    def formula(self, explanation: Explanation) -> str:
        """Write the formula for one cell."""
        return SUM.sub(r"Σ \1", super().formula(explanation).replace("∘", "·"))


@dataclass(frozen=True)
class Explained:
    """A cell such as ``A[Death,wind]``, or a symbol such as ``A``, and how far to go back from it."""

    result: Result
    cell: str
    depth: int | None
    decimals: int
    full: bool = False

    @property
    def working(self) -> Working:
        """Writes its arithmetic as on paper."""
        return Working(self.decimals, full=self.full)

    @property
    def symbol(self) -> str:
        """The symbol, where one was asked for, and not a cell; else ""."""
        symbol = self.cell.strip()
        return symbol if symbol in self.result.values else ""

    @property
    def has_working(self) -> bool:
        """Whether it is a number, with arithmetic behind it: a matrix is only told of in words."""
        return not self.symbol or not self.result[self.symbol].ndim

    @cached_property
    def explanation(self) -> Explanation:
        """Where the number comes from. Raises AttnError where there is no such cell."""
        return self.result.explain(self.cell)

    @property
    def name(self) -> str:
        """What a heading says."""
        return sanitize(self.explanation.name if self.has_working else self.symbol)

    @property
    def words(self) -> tuple[str, ...]:
        """Paragraphs, where a symbol was asked for."""
        return tuple(map(sanitize, prose(self.result, self.symbol))) if self.symbol else ()

    @property
    def trail(self) -> tuple[str, ...]:
        """The lines of the working."""
        if not self.has_working:
            return ()
        return tuple(map(sanitize, self.working.trail(self.explanation, self.depth)))
