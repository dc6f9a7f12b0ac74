"""A table of words and numbers, one thing a line: what the commands that judge or compare print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Table

from attncli.show.matrix import DIM, RULE
from attncli.show.terminal import UNBOUNDED, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

GAP = 2


class Line(NamedTuple):
    """One line of the table: its cells, and how it is to stand out ("": not)."""

    cells: Sequence[str]
    style: str = ""


class Listing:
    """Lines as a table, the columns ``right`` flush right, ``wrapped`` the one whose words may be broken.

    Where the table is wider than the screen, each line is a short list instead: no digit is cut.
    """

    def __init__(
        self,
        titles: Sequence[str],
        lines: Sequence[Line],
        *,
        right: Sequence[int] = (),
        wrapped: int | None = None,
    ) -> None:
        self.titles, self.lines, self.right, self.wrapped = titles, lines, right, wrapped

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or the lists."""
        table = self.table()
        if Measurement.get(console, options.update(width=UNBOUNDED), table).minimum > options.max_width:
            yield from self.lists()
        else:
            yield table

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide the lists are at least, and the table at most."""
        least = max((Measurement.get(console, options, words).minimum for words in self.lists()), default=0)
        return Measurement(least, Measurement.get(console, options, self.table()).maximum)

    def table(self) -> Table:
        """Lay the lines out below each other."""
        table = Table(
            box=RULE,
            show_edge=False,
            pad_edge=False,
            padding=(0, GAP - 1, 0, 0),
            header_style="dim",
            border_style=DIM,
        )
        for i, title in enumerate(self.titles):
            table.add_column(Words(title, whole=True), justify="right" if i in self.right else "left")
        for line in self.lines:
            cells = (Words(cell, whole=i != self.wrapped) for i, cell in enumerate(line.cells))
            table.add_row(*cells, style=line.style)
        return table

    def lists(self) -> Iterator[Words]:
        """Write each line as a list: its first cell, and under it what the others are."""
        titles = self.titles[1:]
        widest = max(map(cell_len, titles))
        for line in self.lines:
            yield Words(line.cells[0], f"bold {line.style}".strip())
            for title, cell in zip(titles, line.cells[1:], strict=True):
                if cell:
                    blanks = " " * (widest - cell_len(title) + GAP)
                    words = Words(title + blanks, "dim", indent=GAP, hanging=widest + 2 * GAP)
                    yield words.add(cell, line.style)
