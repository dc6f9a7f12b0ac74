"""The screens: each row of the page as a table with its formula."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _
from attncli.show.layout import blocks, column_widths, view_width
from attncli.show.reading import reading
from attncli.show.text import Span, Text, painted
from attncli.show.titles import heading, loss_line, title
from attncli.show.views import HEADED, Looks, View, labels_of, matrix_view
from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from attncli.result import Result
    from attncli.show.terminal import Terminal

BETWEEN_HEADS = 4
HEAT = (
    (0.85, "bold color(231) on color(160)"),
    (0.65, "color(16) on color(202)"),
    (0.45, "color(16) on color(208)"),
    (0.25, "color(16) on color(172)"),
    (0.12, "color(16) on color(137)"),
)
Cell = Span


class Screen:
    """Renders results for one terminal; what it yields is text, ready to be written."""

    def __init__(self, terminal: Terminal, *, decimals: int, full: bool, head: int | None) -> None:
        self.terminal = terminal
        self.looks = Looks(terminal, decimals, full)
        self.head = head
        self.mark = terminal.fit("▸")
        self.rule = terminal.fit("─")

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

    def text(self, parts: Iterable[Text | str]) -> Iterator[str]:
        """Finish lines: those of a text are broken at the width of the terminal; a table's are whole."""
        for part in parts:
            if isinstance(part, str):
                yield "".join([line.rstrip(" ") + "\n" for line in part.split("\n")])
                continue
            longest = max(map(columns_of, part.plain.split()), default=0)
            for line in part.lines(max(self.terminal.width, longest)):
                yield line.painted(color=self.terminal.color).rstrip(" ") + "\n"

    def paint(self, text: str, style: str) -> str:
        """Give a piece of a table its style, where there is colour."""
        return painted(text, style) if self.terminal.color else text

    def row(self, result: Result, symbol: str) -> Iterator[Text | str]:
        """Lay out one row of the page: its formula, then its numbers."""
        value = result[symbol]
        yield title(result, symbol, self.looks.decimals, self.terminal)
        if value.ndim == 0:
            return
        rows, columns = [("",), *labels_of(result, symbol)][-2:]
        matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
        chosen = range(len(matrices)) if self.head is None or value.ndim < HEADED else [self.head - 1]
        peak = max(float(matrices[h].max()) for h in chosen) if symbol == "A" else None
        views = [matrix_view(matrices[h], rows, columns, self.looks, peak=peak) for h in chosen]
        if value.ndim < HEADED:
            yield from self.blocks(views[0])
        else:
            yield from self.side_by_side([_("head {number}", number=h + 1) for h in chosen], views)
        if any(any(line) for view in views for line in view.largest or ()):
            yield Text(f"{self.mark} {self.terminal.fit(_('the largest of its row'))}", "dim")
        if views[0].hidden:
            yield Text(views[0].hidden, "dim")

    def reading(self, result: Result) -> Iterator[Text | str]:
        """Lay out what there is to see in the attention weights."""
        words = _("Read off A: the word that each token looks at most")
        yield Text(self.terminal.fit(words), "bold")
        yield from self.blocks(reading(result, self.looks, head=self.head))

    def blocks(self, view: View) -> Iterator[str]:
        """Lay out a table of each block of columns that fits the width."""
        found, gap = blocks(view, self.terminal.width)
        for i, table in enumerate(self.tables(view, found, gap)):
            if i:
                yield ""
            yield "\n".join(table)

    def tables(self, view: View, found: Sequence[range], gap: int) -> Iterator[list[str]]:
        """Lay out each block of columns, line by line; one blank of the gap belongs to no column."""
        before = " " * (gap - 1 + bool(view.largest))
        between = self.paint(" ", "dim") + before
        corner = " " * max(1, columns_of(view.rows[0]))  # the only row of a bias has no name
        names = [name or corner for name in view.rows]
        whole = ["" if self.terminal.color else cuttable(cells, between) for cells in view.cells]
        ends = [0, *accumulate(column_widths(view, gap))]
        for block in found:
            start, end = ends[block.start], ends[block.stop]
            lines = [name + line[start:end] for name, line in zip(names, whole, strict=True)]
            for i in self.others(view, whole, block):
                cells = [self.paint(*self.cell(view, i, j, before)) for j in block]
                lines[i] = self.paint(" ", "dim").join([names[i], *cells])
            yield [
                between.join([corner, *view.columns[block.start : block.stop]]),
                self.paint(self.rule * (len(corner) + end - start), "dim"),
                *lines,
            ]

    def others(self, view: View, whole: Sequence[str], block: range) -> list[int]:
        """Name the lines that are put together cell by cell: some cell is marked, coloured or wide."""
        part = slice(block.start, block.stop)
        return [
            i for i, line in enumerate(whole) if not line or (view.largest and True in view.largest[i][part])
        ]

    def cell(self, view: View, i: int, j: int, before: str) -> Cell:
        """Write one number, marked and shaded where it is an attention weight."""
        text = before + view.cells[i][j]
        if view.largest is not None and view.largest[i][j]:
            inset = len(text) - len(text.lstrip())
            text = text[: inset - 1] + self.mark + text[inset:]
        if view.heat is None:
            return Cell(text)
        heat = view.heat[i, j]
        return Cell(text, next((style for least, style in HEAT if heat >= least), ""))

    def side_by_side(self, titles: Sequence[str], views: Sequence[View]) -> Iterator[Text | str]:
        """Put as many heads beside each other as the width allows."""
        wide = max(map(view_width, views))
        together = max(1, (self.terminal.width + BETWEEN_HEADS) // (wide + BETWEEN_HEADS))
        for first in range(0, len(views), together):
            if first:
                yield ""
            if together == 1:
                yield Text(titles[first], "bold")
                yield from self.blocks(views[first])
                continue
            yield from self.abreast(titles[first : first + together], views[first : first + together])

    def abreast(self, titles: Sequence[str], views: Sequence[View]) -> Iterator[str]:
        """Put heads beside each other; each of them fits the width."""
        parts = []
        for name, view in zip(titles, views, strict=True):
            found, gap = blocks(view, self.terminal.width)
            spare = view_width(view) - columns_of(name)
            (table,) = self.tables(view, found, gap)
            lines = [line + " " * -spare for line in table]
            parts.append([self.paint(name, "bold") + " " * spare, *lines])
        for line in zip(*parts, strict=True):
            yield (" " * BETWEEN_HEADS).join(line)


def cuttable(cells: Sequence[str], between: str) -> str:
    """Put a line together once for all blocks; "" where its characters are not its columns."""
    line = between + between.join(cells)
    return line if line.isascii() else ""
