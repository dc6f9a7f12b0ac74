"""The screens: each row of the page as a table with its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rich.box import Box
from rich.console import Console, Group
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from attncli.language import _
from attncli.show.consoles import console_for
from attncli.show.layout import blocks, view_width
from attncli.show.reading import reading
from attncli.show.titles import heading, loss_line, title
from attncli.show.views import HEADED, Looks, View, labels_of, matrix_view
from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import ConsoleOptions, RenderableType, RenderResult

    from attncli.result import Result
    from attncli.show.terminal import Terminal

UNDERLINED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
UNDERLINED_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
BETWEEN_HEADS = 4
HEAT = (
    (0.85, Style.parse("bold color(231) on color(160)")),
    (0.65, Style.parse("color(16) on color(202)")),
    (0.45, Style.parse("color(16) on color(208)")),
    (0.25, Style.parse("color(16) on color(172)")),
    (0.12, Style.parse("color(16) on color(137)")),
)
PLAIN = Style()


@dataclass(frozen=True)
class Cell:
    """Text of exactly its column's width: half the work of a Rich ``Text``."""

    text: str
    style: Style = PLAIN

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the text as it is."""
        yield Segment(self.text, self.style)


class Screen:
    """Renders results for one terminal; what it yields is text, ready to be written."""

    def __init__(self, terminal: Terminal, *, decimals: int, full: bool, head: int | None) -> None:
        self.terminal = terminal
        self.looks = Looks(terminal, decimals, full)
        self.head = head
        self.mark = terminal.fit("▸")
        self.box = UNDERLINED_ASCII if terminal.ascii_only else UNDERLINED
        self.console = console_for(terminal)

    def render(self, result: Result, symbols: Sequence[str], *, quiet: bool) -> Iterator[str]:
        """Yield the page's tables, one after the other, and what to read off them."""
        if not quiet:
            yield from self.text([heading(result, self.looks.decimals, self.terminal)])
            yield "\n"
        for symbol in symbols:
            yield from self.text(self.row(result, symbol))
            yield "\n"
        if not quiet and "A" in symbols:
            yield from self.text(self.reading(result))
            yield "\n"
        if not quiet and result.loss and "L" in symbols[:-1]:  # by now it has scrolled away
            yield from self.text([loss_line(result.loss, self.looks.decimals, self.terminal)])

    def text(self, parts: Iterable[RenderableType]) -> Iterator[str]:
        """Turn renderables into text, coloured only where the terminal takes colour."""
        for part in parts:
            with self.console.capture() as capture:
                for line in self.lines(part):
                    self.console.print(line)
            for text in capture.get().split("\n")[:-1]:
                yield text.rstrip(" ") + "\n"

    def lines(self, part: RenderableType) -> Iterable[RenderableType]:
        """Break text between words at the width of the terminal; a table is as wide as it is."""
        if not isinstance(part, Text):
            return (part,)
        longest = max(map(columns_of, part.plain.split()), default=0)
        return part.wrap(self.console, max(self.terminal.width, longest), overflow="fold")

    def row(self, result: Result, symbol: str) -> Iterator[RenderableType]:
        """Lay out one row of the page: its formula, then its numbers."""
        value = result[symbol]
        yield title(result, symbol, self.looks.decimals, self.terminal)
        if value.ndim == 0:
            return
        rows, columns = [("",), *labels_of(result, symbol)][-2:]
        matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
        chosen = range(len(matrices)) if self.head is None or value.ndim < HEADED else [self.head - 1]
        peak = float(matrices[list(chosen)].max()) if symbol == "A" else None
        views = [matrix_view(matrices[h], rows, columns, self.looks, peak=peak) for h in chosen]
        if value.ndim < HEADED:
            yield from self.blocks(views[0])
        else:
            yield from self.side_by_side([_("head {number}", number=h + 1) for h in chosen], views)
        if any(any(line) for view in views for line in view.largest or ()):
            yield Text(f"{self.mark} {self.terminal.fit(_('the largest of its row'))}", "dim")
        if views[0].hidden:
            yield Text(views[0].hidden, "dim")

    def reading(self, result: Result) -> Iterator[RenderableType]:
        """Lay out what there is to see in the attention weights."""
        words = _("Read off A: the word that each token looks at most")
        yield Text(self.terminal.fit(words), "bold")
        yield from self.blocks(reading(result, self.looks, head=self.head))

    def blocks(self, view: View) -> Iterator[RenderableType]:
        """Make a table of each block of columns that fits the width."""
        found, gap = blocks(view, self.terminal.width)
        for i, block in enumerate(found):
            if i:
                yield Text()
            yield self.table(view, block, gap)

    def table(self, view: View, block: range, gap: int) -> Table:
        """Make the table of one block of columns; the box puts one blank between them."""
        table = Table(
            box=self.box, show_edge=False, pad_edge=False, padding=0, header_style="", border_style="dim"
        )
        table.add_column("", width=columns_of(view.rows[0]))
        before = " " * (gap - 1 + bool(view.largest))
        for j in block:
            name = before + view.columns[j]
            table.add_column(Cell(name), width=columns_of(name))
        for i, name in enumerate(view.rows):
            table.add_row(Cell(name), *(self.cell(view, i, j, before) for j in block))
        return table

    def cell(self, view: View, i: int, j: int, before: str) -> Cell:
        """Write one number, marked and shaded where it is an attention weight."""
        text = before + view.cells[i][j]
        if view.largest is not None and view.largest[i][j]:
            inset = len(text) - len(text.lstrip())
            text = text[: inset - 1] + self.mark + text[inset:]
        if view.heat is None:
            return Cell(text)
        heat = view.heat[i, j]
        return Cell(text, next((style for least, style in HEAT if heat >= least), PLAIN))

    def side_by_side(self, titles: Sequence[str], views: Sequence[View]) -> Iterator[RenderableType]:
        """Put as many heads beside each other as the width allows."""
        wide = max(map(view_width, views))
        together = max(1, (self.terminal.width + BETWEEN_HEADS) // (wide + BETWEEN_HEADS))
        for first in range(0, len(views), together):
            if first:
                yield Text()
            if together == 1:
                yield Text(titles[first], "bold")
                yield from self.blocks(views[first])
                continue
            grid = Table.grid(padding=(0, BETWEEN_HEADS, 0, 0))
            grid.add_row(*(Text(title, "bold") for title in titles[first : first + together]))
            grid.add_row(*(Group(*self.blocks(view)) for view in views[first : first + together]))
            yield grid
