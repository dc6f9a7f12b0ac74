"""The screens: each row of the page as a table with its formula."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from attncli.show.captions import meaning
from attncli.show.digits import FULL, written
from attncli.show.reading import reading
from attncli.show.views import View, labels_of, matrix_view
from attncli.show.words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from attncli.calculation import Result
    from attncli.ops.op import Array
    from attncli.show.terminal import Terminal

UNDERLINED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
UNDERLINED_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
BETWEEN_HEADS = 4
HEAT = (
    (0.6, "bold white on #b03a00"),
    (0.4, "bold white on #c2610c"),
    (0.2, "black on #e0913a"),
    (0.1, "black on #e8b878"),
)


class Screen:
    """Renders results for one terminal; what it yields is text, ready to be written."""

    def __init__(self, terminal: Terminal, *, decimals: int, full: bool, head: int | None) -> None:
        self.terminal = terminal
        self.decimals = decimals
        self.full = full
        self.head = head
        self.mark = ">" if terminal.ascii_only else "▸"
        self.box = UNDERLINED_ASCII if terminal.ascii_only else UNDERLINED

    def render(self, result: Result, symbols: Sequence[str], *, quiet: bool) -> Iterator[str]:
        """Yield the page's tables, one after the other, and what to read off them."""
        if not quiet:
            yield self.text([heading(result, self.decimals)])
        for symbol in symbols:
            yield self.text(self.row(result, symbol))
        if not quiet and "A" in symbols:
            yield self.text(self.reading(result))

    def text(self, parts: Sequence[RenderableType]) -> str:
        """Turn renderables into text, coloured only where the terminal takes colour."""
        console = Console(
            file=StringIO(),
            width=max(self.terminal.width, *(natural_width(part) for part in parts)),
            force_terminal=self.terminal.color,
            color_system="truecolor" if self.terminal.color else None,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
        )
        with console.capture() as capture:
            console.print(*parts, sep="\n")
        lines = capture.get().split("\n")
        return self.terminal.fit("\n".join(line.rstrip(" ") for line in lines)) + "\n"

    def row(self, result: Result, symbol: str) -> list[RenderableType]:
        """Lay out one row of the page: its formula, then its numbers."""
        value = result[symbol]
        parts: list[RenderableType] = [self.title(result, symbol)]
        if value.ndim == 0:
            return parts
        labels = labels_of(result, symbol)
        if value.ndim == 1:
            return [*parts, *self.blocks(self.view(value[None, :], [""], labels[-1], symbol))]
        if value.ndim == 2:  # noqa: PLR2004
            return [*parts, *self.blocks(self.view(value, labels[0], labels[1], symbol))]
        heads = [
            (i, self.view(matrix, labels[1], labels[2], symbol))
            for i, matrix in enumerate(value, 1)
            if self.head in {None, i}
        ]
        return [*parts, *self.side_by_side(heads)]

    def reading(self, result: Result) -> list[RenderableType]:
        """Lay out what there is to see in the attention weights."""
        view = reading(
            result,
            head=self.head,
            decimals=2 if self.decimals == FULL else min(self.decimals, 2),
            full=self.full,
            ascii_only=self.terminal.ascii_only,
        )
        return [Text("Read off A: the word that each token looks at most", "bold"), *self.blocks(view)]

    def title(self, result: Result, symbol: str) -> Text:
        """Write the formula, what it means and its size; and numbers that stand in it as letters."""
        value = result[symbol]
        formula = result.formula(symbol)
        line = Text(symbol, "bold cyan").append(formula.removeprefix(symbol), "bold")
        if value.ndim == 0:
            line.append(f" = {written(float(value), self.decimals)}", "bold")
        size = " × ".join(map(str, value.shape))
        row = result.page.row.get(symbol)
        constants = [
            f"{name} = {written(result.constants[name], self.decimals)}"
            for name in (row.args if row else ())
            if name in result.constants
        ]
        about = "   ".join(
            part for part in (size, meaning(symbol, result.problem.form.heads), ", ".join(constants)) if part
        )
        gap = "   " if line.cell_len + 3 + cell_len(about) <= self.terminal.width else "\n"
        return line.append(gap).append(about, "dim")

    def view(
        self, matrix: Array, rows: Sequence[str] | None, columns: Sequence[str] | None, symbol: str
    ) -> View:
        """Choose what is shown of one matrix."""
        return matrix_view(
            matrix,
            rows,
            columns,
            decimals=self.decimals,
            full=self.full,
            heat=symbol == "A",
            ascii_only=self.terminal.ascii_only,
        )

    def blocks(self, view: View) -> Iterator[RenderableType]:
        """Split the columns so that every block fits the width, with no digit cut."""
        label_width = max(map(cell_len, view.rows))
        start = 0
        while start < len(view.columns):
            end, used = start, label_width
            while end < len(view.columns) and (
                end == start or used + column_width(view, end) <= self.terminal.width
            ):
                used += column_width(view, end)
                end += 1
            if start:
                yield Text()
            yield self.table(view, start, end)
            start = end
        if view.largest and any(any(row) for row in view.largest):
            yield Text(f"{self.mark} the largest of its row", "dim")
        if view.hidden:
            yield Text(view.hidden, "dim")

    def table(self, view: View, start: int, end: int) -> Table:
        """Make the table of one block of columns."""
        table = Table(box=self.box, show_edge=False, pad_edge=False, padding=0, header_style="dim")
        table.add_column("", no_wrap=True, style="dim", min_width=max(map(cell_len, view.rows)))
        for j in range(start, end):
            width = column_width(view, j) - 1
            table.add_column(Text(view.columns[j]), justify="right", no_wrap=True, width=width)
        for i, name in enumerate(view.rows):
            table.add_row(Text(name), *(self.cell(view, i, j) for j in range(start, end)))
        return table

    def cell(self, view: View, i: int, j: int) -> Text:
        """Write one number, marked and shaded where it is an attention weight."""
        number = view.cells[i][j]
        style = ""
        if view.weights is not None:
            style = next((style for least, style in HEAT if view.weights[i, j] >= least), "")
        if view.largest is not None and view.largest[i][j]:
            inset = len(number) - len(number.lstrip())
            number = f"{number[:inset]}{self.mark}{number[inset:]}"
        return Text(number, style)

    def side_by_side(self, heads: Sequence[tuple[int, View]]) -> Iterator[RenderableType]:
        """Put as many heads beside each other as the width allows."""
        wide = max(view_width(view) for _, view in heads)
        together = max(1, (self.terminal.width + BETWEEN_HEADS) // (wide + BETWEEN_HEADS))
        for first in range(0, len(heads), together):
            if first:
                yield Text()
            some = heads[first : first + together]
            if together == 1:
                number, view = some[0]
                yield Text(f"head {number}", "bold")
                yield from self.blocks(view)
                continue
            grid = Table.grid(padding=(0, BETWEEN_HEADS, 0, 0))
            for _ in some:
                grid.add_column(no_wrap=True)
            grid.add_row(*(Text(f"head {number}", "bold") for number, _ in some))
            grid.add_row(*(Group(*self.blocks(view)) for _, view in some))
            yield grid


def heading(result: Result, decimals: int) -> Text:
    """Say which problem this is, how large, and what the loss came to."""
    problem = result.problem
    sizes = [f"{len(problem.tokens)} tokens"]
    if problem.context_tokens is not None:
        sizes.append(f"{len(problem.context_tokens)} context tokens")
    if problem.form.heads > 1:
        sizes.append(f"{problem.form.heads} heads")
    sizes += [
        f"{letter} = {problem.sizes[letter]}"
        for letter in ("d_model", "d_k", "d_v")
        if letter in problem.sizes
    ]
    line = Text(f"{harmless(problem.name)}: {', '.join(sizes)}", "dim")
    if result.loss:
        value = written(float(result.loss.value), decimals)
        line.append("\nL = ", "bold").append(value, "bold").append(
            f"   {result.loss.name}, {result.loss.reduction}", "dim"
        )
    return line


def column_width(view: View, j: int) -> int:
    """How much room a column takes: the gap, the mark, and the number or its name."""
    return 2 + max(cell_len(view.columns[j]), cell_len(view.cells[0][j]))


def view_width(view: View) -> int:
    """How wide the table of a whole matrix is."""
    return max(map(cell_len, view.rows)) + sum(column_width(view, j) for j in range(len(view.columns)))


def natural_width(part: RenderableType) -> int:
    """How wide a table is that must not be cut, even where the terminal is narrower."""
    if isinstance(part, Table):
        return 1 + sum((column.width or column.min_width or 0) + 1 for column in part.columns)
    return 0
