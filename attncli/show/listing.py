"""A table of words and numbers, one thing a line: what the commands that judge or compare print."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table

from attncli.show.matrix import DIM, RULE
from attncli.show.terminal import INDENT, UNBOUNDED, Words

if TYPE_CHECKING:
    from rich.text import Text

BETWEEN = 2  # columns of the screen between those of the table
FREE = 1  # column of the screen, at its right edge
SHORTEST_BAR = 8


class Line(NamedTuple):
    """One line of the table: its cells, and how it is to stand out ("": not)."""

    cells: Sequence[str | Text]
    style: str = ""


class Listing:
    """Lines as a table: the columns ``right`` flush right, the words of those ``wrapped`` broken if need be.

    The column ``bar`` draws numbers as bars, which are shorter on a narrow screen. Without titles there is no
    header. Where the table is wider than the screen, each line is a short list instead: nothing is ever cut.
    """

    def __init__(
        self,
        titles: Sequence[str | Text],
        lines: Sequence[Line],
        *,
        right: Collection[int] = (),
        wrapped: Collection[int] = (),
        bar: int | None = None,
    ) -> None:
        self.titles, self.lines, self.right, self.wrapped, self.bar = titles, lines, right, wrapped, bar

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or the lists."""
        least, most = self.column_widths(console, options)
        room = options.max_width - self.between - FREE
        if sum(least) > room:
            yield from self.lists()
            return
        while sum(most) > room:
            widest = max(range(len(most)), key=lambda i: (most[i] > least[i], most[i]))
            most[widest] -= 1
        yield self.table(most)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide the lists are at least, and the table at most."""
        least = max((Measurement.get(console, options, words).minimum for words in self.lists()), default=0)
        most = sum(self.column_widths(console, options)[1]) + self.between + FREE
        return Measurement(least, max(least, most))

    @property
    def between(self) -> int:
        """How many columns of the screen the gaps take."""
        return BETWEEN * (len(self.titles) - 1)

    def column_widths(self, console: Console, options: ConsoleOptions) -> tuple[list[int], list[int]]:
        """Return how wide each column is at least and at most."""
        unbound = options.update(width=UNBOUNDED)
        least, most = [0] * len(self.titles), [0] * len(self.titles)
        for cells in (self.titles, *(line.cells for line in self.lines)):
            for i, cell in enumerate(cells):
                sizes = self.words(i, cell).__rich_measure__(console, unbound)
                least[i] = max(least[i], min(sizes.minimum, SHORTEST_BAR) if i == self.bar else sizes.minimum)
                most[i] = max(most[i], sizes.maximum)
        return least, most

    def words(self, i: int, cell: str | Text) -> Words:
        """Return a cell of column ``i`` as words."""
        return Words(whole=i not in self.wrapped).add(cell)

    def table(self, widths: Sequence[int]) -> Table:
        """Lay the lines out below each other."""
        table = Table(
            box=RULE,
            show_edge=False,
            show_header=any(map(len, self.titles)),
            pad_edge=False,
            padding=(0, BETWEEN - 1, 0, 0),
            header_style="dim",
            border_style=DIM,
            width=sum(widths) + self.between,
        )
        # The last column takes what is left: a width of its own is one too many in Rich 13.
        for i, (title, width) in enumerate(zip(self.titles, [*widths[:-1], None], strict=True)):
            table.add_column(
                self.words(i, title), justify="right" if i in self.right else "left", width=width
            )
        longest = max((len(line.cells[self.bar]) for line in self.lines), default=0) if self.bar else 0
        for line in self.lines:
            cells = list(line.cells)
            if self.bar:
                length = len(cells[self.bar]) * min(longest, widths[self.bar]) / (longest or 1)
                cells[self.bar] = cells[self.bar][: max(round(length), bool(length))]
            table.add_row(*map(self.words, range(len(cells)), cells), style=line.style)
        return table

    def lists(self) -> Iterator[Words]:
        """Write each line as a list: its first cell, and under it what the others are."""
        titles = self.titles[1:]
        widest = max((cell_len(str(title)) for title in titles), default=0)
        hanging = INDENT + (widest + BETWEEN if widest else 0)
        for line in self.lines:
            yield Words().add(line.cells[0], f"bold {line.style}".strip())
            for title, cell in zip(titles, line.cells[1:], strict=True):
                if cell:
                    name = str(title)
                    blanks = " " * (hanging - INDENT - cell_len(name))
                    yield Words(name + blanks, "dim", indent=INDENT, hanging=hanging).add(cell, line.style)
