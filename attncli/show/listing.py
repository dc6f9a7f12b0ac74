"""A table of words and numbers, one thing a line: what the commands that judge or compare print."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.box import Box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from attncli.show.terminal import console_for
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from attncli.show.terminal import Terminal


LINE = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
LINE_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
GAP = 2


@dataclass(frozen=True)
class Line:
    """One line of the table: its cells, and how it is to stand out ("": not)."""

    cells: tuple[str, ...]
    style: str = ""


def summary(terminal: Terminal, titles: Sequence[str], lines: Sequence[Line], *, right: Sequence[int]) -> str:
    """Write the lines as a table, columns ``right`` flush right; first column first.

    Where the table is wider than the terminal, each line is written as a short list instead: no
    digit is cut.
    """
    titles = [terminal.fit(title) for title in titles]
    fitted = [Line(tuple(terminal.fit(sanitize(cell)) for cell in line.cells), line.style) for line in lines]
    widths = [
        max(map(cell_len, column)) for column in zip(titles, *(line.cells for line in fitted), strict=True)
    ]
    if sum(widths) + GAP * (len(widths) - 1) > terminal.width:
        return printed(terminal, stacked(titles, fitted))
    table = Table(
        box=LINE_ASCII if terminal.ascii_only else LINE,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        header_style="dim",
    )
    for i, title in enumerate(titles):
        table.add_column(Text(title), no_wrap=True, justify="right" if i in right else "left")
    for line in fitted:
        table.add_row(*map(Text, line.cells), style=line.style or None)
    return printed(terminal, [table])


def stacked(titles: Sequence[str], lines: Sequence[Line]) -> Iterator[Text]:
    """Write each line as a list: its first cell, and under it what the others are."""
    widest = max(map(cell_len, titles[1:]))
    for line in lines:
        yield Text(line.cells[0], f"bold {line.style}".strip())
        for title, cell in zip(titles[1:], line.cells[1:], strict=True):
            if cell:
                yield Text(f"  {title}{' ' * (widest - cell_len(title))}  ", "dim").append(cell, line.style)


def printed(terminal: Terminal, parts: Iterator[Text] | Sequence[RenderableType]) -> str:
    """Turn renderables into text, coloured only where the terminal takes colour."""
    console = console_for(terminal)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return "".join(f"{line.rstrip(' ')}\n" for line in capture.get().split("\n")[:-1])


def paragraph(terminal: Terminal, text: str, *, indent: str = "") -> str:
    """Write a sentence, its lines broken between words."""
    lines = wrap(
        terminal.fit(sanitize(text)),
        max(terminal.width, len(indent) + 1),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "".join(f"{line}\n" for line in lines)
