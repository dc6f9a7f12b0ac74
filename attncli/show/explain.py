"""The screen of ``explain``: what each symbol means, and how a cell is worked out: a tree, or plain lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.measure import Measurement
from rich.tree import Tree

from attncli.language import _
from attncli.result import Jacobian, RowExplanation
from attncli.show.entry import symbol_style
from attncli.show.glossary import caption, row_sums, rule, sentences
from attncli.show.matrix import DIM, matrix_tables
from attncli.show.rows import tables
from attncli.show.terminal import INDENT, Words
from attncli.show.working import INDEX, CellWorking, Working
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from attncli.page.page import Row
    from attncli.result import Explanation, Result
    from attncli.show.display import Display
    from attncli.show.rows import Titled


def screen(explained: Sequence[Explained], display: Display) -> Iterator[RenderableType]:
    """Yield the words about each symbol, and each cell's working as a tree."""
    for i, one in enumerate(explained):
        if i:
            yield ""
        colors = {symbol: symbol_style(symbol) for symbol in one.result.values}
        for words in one.words:
            yield colored(words, colors)
        if one.words and one.has_working:
            yield ""
        if one.has_tree:
            yield tree(one, colors)
        for number, table in enumerate(one.tables(display)):
            if number:
                yield ""
            if table.title:
                yield colored(table.title, colors)
            yield from matrix_tables(table.view, display)
            if table.view.hidden:
                yield Words(table.view.hidden, "dim")


def tree(one: Explained, colors: Mapping[str, str]) -> Tree:
    """Draw what a cell is made from below it, and so on."""
    working = CellWorking(one.decimals, full=one.full)
    branches: list[Tree] = []
    for level, explanation in working.walk(one.explanation, one.steps):
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


def prose(result: Result, symbol: str) -> Iterator[str]:
    """Yield paragraphs about one symbol of the page."""
    problem, page = result.problem, result.page
    row = page.row.get(symbol)
    shape = " × ".join(map(str, result[symbol].shape)) or _("one number")
    letters = " × ".join(result.letters(symbol))
    yield f"{result.formula(symbol)}   {shape}" + (f"   ({letters})" if letters else "")
    said = gradient_words(row) if row and row.backward else sentences(symbol, page, problem)
    yield from map(result.words, said)
    if symbol == "A":
        yield row_sums(result)
    if row:
        sources = dict.fromkeys(name for name, _turned in row.reads if name in result.values)
        words = {name: caption(name, page, problem) for name in sources}
        named = [
            _("{symbol} ({meaning})", symbol=name, meaning=result.words(said)) if said else name
            for name, said in words.items()
        ]
        yield _("Computed from {sources}.", sources=", ".join(named))
    else:
        yield _("Given in the config.")
    readers = [reader.formula for reader in result.page.rows if symbol in dict(reader.reads)]
    if readers:
        yield _("Used in {formulas}.", formulas=";  ".join(readers))
    gradient = result.page.row.get(f"d{symbol}")
    if gradient:
        why = result.words(rule(gradient))
        yield f"{_('Its gradient: {formula}.', formula=gradient.formula)} {why}".rstrip()


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
    yield rule(row)


@dataclass(frozen=True)
class Explained:
    """A cell such as ``A[Death,wind]``, a row or a symbol, and how far to go back from it."""

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

    @property
    def has_tree(self) -> bool:
        """Whether there are lines of working, and not only a table."""
        return self.has_working and not isinstance(self.explanation, Jacobian)

    @cached_property
    def explanation(self) -> Explanation | RowExplanation:
        """Where the number, or the row, comes from. Raises AttnError where there is no such cell."""
        return self.result.explain(self.cell)

    @property
    def steps(self) -> int | None:
        """How far back its lines go: a row's cells are one step back, and a softmax has a table for them."""
        one, depth = self.explanation, self.depth
        if depth is None or depth > 1 or not isinstance(one, RowExplanation):
            return depth
        return 0 if one.softmax else 1

    def tables(self, display: Display) -> Iterator[Titled]:
        """Yield the tables of a row."""
        if self.has_working and isinstance(self.explanation, RowExplanation):
            yield from tables(self.explanation, self.working, display)

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
        if not self.has_tree:
            return ()
        return tuple(map(sanitize, self.working.trail(self.explanation, self.steps)))
