"""A matrix on a screen: which of its cells are shown, how it is labelled, and its Rich tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.table import Table

from attncli.language import _, to_ascii
from attncli.names import endings
from attncli.show.numbers import SIGNS, needs_exponent
from attncli.show.numbers import columns as columns_of_numbers
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.show.display import Display

MOST = 20  # rows or columns that are shown whole
FIRST, LAST = 5, 3  # of an axis that is not
LONGEST = 16  # columns of a token that names a row
MOST_IN_TABLE = 2500  # cells from which on a table is written as plain lines
DOWN, ACROSS, LARGEST = "⋮", "⋯", "▸"
SAME = 1e-12
HEAT = (
    (0.85, Style.parse("bold color(231) on color(160)")),
    (0.65, Style.parse("color(16) on color(202)")),
    (0.45, Style.parse("color(16) on color(208)")),
    (0.25, Style.parse("color(16) on color(172)")),
    (0.12, Style.parse("color(16) on color(137)")),
)
DIM = Style(dim=True)


class Rule(Box):
    """A line under the names of the columns, and no other."""

    def substitute(self, options: ConsoleOptions, safe: bool = True) -> Box:  # noqa: FBT001, FBT002 - as Rich's
        """Draw it with what the console has."""
        return RULE_IN_ASCII if options.ascii_only else super().substitute(options, safe)


RULE = Rule("    \n    \n ── \n    \n    \n    \n    \n    \n")
RULE_IN_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


class View(NamedTuple):
    """The cells of one matrix as text that the screen can show.

    A column's name and cells are equally wide, and so are the names of the rows. ``heat`` is how
    far each cell is to be shaded, from 0 to 1; ``largest`` marks the largest cells of each token;
    ``styles`` are those of other cells that stand out, column by column.
    """

    rows: list[str]
    columns: list[str]
    cells: list[list[str]]
    heat: Array | None = None
    largest: list[list[bool]] | None = None
    hidden: str = ""
    styles: list[list[Style | None]] | None = None


def text_view(
    rows: Sequence[str],
    columns: Sequence[Sequence[str]],
    hidden: str,
    styles: list[list[Style | None]] | None = None,
) -> View:
    """Return a matrix of texts; each column is its name and its cells, which come out equally wide."""
    header, *cells = map(list, zip(*map(flush, columns), strict=True))
    return View(flush(rows, left=True), header, cells, hidden=hidden, styles=styles)


def label(token: str, *, ascii_only: bool = False, room: int = LONGEST, end: str = "") -> str:
    """Make a token fit to name a row or a column: safe, and not too long; ``end`` stays whole."""
    text = sanitize(token[: 4 * LONGEST])
    if ascii_only:
        text = to_ascii(text)
    if len(token) <= 4 * LONGEST and cell_len(text + end) <= room:
        return text + end
    end = ("..." if ascii_only else "…") + end
    text = text[: 2 * LONGEST]
    while text and cell_len(text + end) > room:
        text = text[:-1]
    return text + end


def places(size: int, display: Display) -> list[int]:
    """Return which places of an axis are shown; −1 stands for those left out."""
    if display.full or size <= MOST:
        return list(range(size))
    return [*range(FIRST), -1, *range(size - LAST, size)]


def names(
    tokens: tuple[str, ...] | None, shown: Sequence[int], display: Display, gap: str = DOWN
) -> list[str]:
    """Name the places of an axis by its tokens, or count them from 1."""
    if tokens is None:
        return [str(i + 1) if i >= 0 else display.fit(gap) for i in shown]
    ends = endings(tokens)
    room = display.room or max(4, min(LONGEST, display.width // 4))
    return [
        label(tokens[i], ascii_only=display.ascii_only, room=room, end=ends[i])
        if i >= 0
        else display.fit(gap)
        for i in shown
    ]


def cell_text(text: str, display: Display) -> str:
    """Write a number, or what stands for one, in the characters that there are."""
    return display.fit(SIGNS.get(text, text))


def matrix_view(
    values: Array,
    rows: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    display: Display,
    *,
    peak: float | None = None,
    lying: bool = False,
) -> View:
    """Write out a matrix, or its corners where it is too large to be looked at.

    With a ``peak``, the deepest shade's number, it is a heat map, with the largest of each row marked, or of
    each column where it is ``lying``.
    """
    n, m = values.shape
    down, across = places(n, display), places(m, display)
    corners = values[np.ix_([i for i in down if i >= 0], [j for j in across if j >= 0])]
    heads = names(columns, across, display, ACROSS)
    cells = columns_of_numbers(
        corners,
        display.decimals,
        scientific=needs_exponent(corners, display.decimals),
        sign=lambda text: cell_text(text, display),
        least=[cell_len(name) for name, j in zip(heads, across, strict=True) if j >= 0],
    )
    if -1 in across:
        for line in cells:
            line.insert(FIRST, heads[FIRST])
    if -1 in down:
        cells.insert(FIRST, [display.fit(DOWN).rjust(len(text)) for text in cells[0]])
    return View(
        rows=flush(names(rows, down, display), left=True),
        columns=[flush([name, text])[0] for name, text in zip(heads, cells[0], strict=True)],
        cells=cells,
        heat=None if peak is None else shades(values, down, across, peak),
        largest=None if peak is None else largest_of(values, down, across, lying=lying),
        hidden=hidden(down, across, values.shape, display),
    )


def hidden(down: Sequence[int], across: Sequence[int], shape: tuple[int, ...], display: Display) -> str:
    """Say that only the corners of a matrix are shown; nothing where it is whole."""
    if -1 not in down and -1 not in across:
        return ""
    return display.fit(_("the corners of {n} × {m}; --full shows all", n=shape[0], m=shape[1]))


def flush(column: Sequence[str], *, left: bool = False) -> list[str]:
    """Make texts equally wide on the screen."""
    width = max(map(cell_len, column))
    blanks = [" " * (width - cell_len(text)) for text in column]
    return [text + blank if left else blank + text for text, blank in zip(column, blanks, strict=True)]


def shades(values: Array, down: Sequence[int], across: Sequence[int], peak: float) -> Array:
    """Tell how far each cell that is shown is to be shaded: not at all where cells are left out."""
    left_out = (np.asarray(down)[:, None] < 0) | (np.asarray(across) < 0)
    return np.where(left_out, 0.0, values[np.ix_(down, across)] / (peak or 1.0))


def largest_of(values: Array, down: Sequence[int], across: Sequence[int], *, lying: bool) -> list[list[bool]]:
    """Mark the largest cells of each row that is shown, or column; none where it is all zeros."""
    top = values[:, across].max(axis=0) if lying else values[down].max(axis=1, keepdims=True)
    mark = (values[np.ix_(down, across)] >= top * (1 - SAME)) & (top > 0)
    mark &= (np.asarray(down)[:, None] >= 0) & (np.asarray(across) >= 0)
    found: list[list[bool]] = mark.tolist()
    return found


def blocks(view: View, width: int) -> tuple[list[range], int]:
    """Split the columns so that every block fits the width; return the gap between columns as well.

    Columns are two apart, or one apart where that saves a block or a mark stands between them.
    """
    room = width - corner_width(view)
    narrow = split(column_widths(view, 1), room)
    wide = split(column_widths(view, 2), room)
    return (narrow, 1) if view.largest or len(narrow) < len(wide) else (wide, 2)


def split(widths: Sequence[int], room: int) -> list[range]:
    """Put as many columns together as there is room for, and at least one."""
    found: list[range] = []
    start, used = 0, 0
    for j, width in enumerate(widths):
        if j > start and used + width > room:
            found.append(range(start, j))
            start, used = j, 0
        used += width
    return [*found, range(start, len(widths))]


def column_widths(view: View, gap: int) -> list[int]:
    """How much room each column takes: the gap, the mark, and its name or number."""
    return [gap + bool(view.largest) + cell_len(name) for name in view.columns]


def corner_width(view: View) -> int:
    """How wide the names of the rows are; the only row of a bias has none, but a place for it."""
    return cell_len(view.rows[0]) or 1


def view_width(view: View) -> int:
    """How wide the table of a whole matrix is."""
    return corner_width(view) + sum(column_widths(view, 1 if view.largest else 2))


class Cells:
    """The cells of one column, one a line and equally wide: one cell of a Rich table, which makes it fast."""

    def __init__(self, lines: Sequence[str], styles: Sequence[Style | None] = ()) -> None:
        self.lines, self.styles = lines, styles

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield line by line."""
        for i, line in enumerate(self.lines):
            yield Segment(line, self.styles[i] if self.styles else None)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide each line is."""
        width = max(map(cell_len, self.lines), default=0)
        return Measurement(width, width)


def matrix_tables(view: View, display: Display) -> Iterator[RenderableType]:
    """Yield a table of each block of columns that fits the width, and an empty line between them."""
    found, gap = blocks(view, display.width)
    if len(view.rows) * len(view.columns) > MOST_IN_TABLE:
        yield from plain_tables(view, found, gap, display)
        return
    for i, block in enumerate(found):
        if i:
            yield ""
        yield matrix_table(view, block, gap, display)


def matrix_table(view: View, block: range, gap: int, display: Display) -> Table:
    """Lay out some columns of a matrix; one blank of the gap is the table's, any other is in the cells."""
    table = Table(box=RULE, show_edge=False, pad_edge=False, padding=0, header_style="", border_style=DIM)
    table.add_column(width=corner_width(view))
    parts = [Cells(view.rows)]
    blank = " " * (gap - 1 + (view.largest is not None))
    for j in block:
        name = blank + view.columns[j]
        table.add_column(Cells([name]), width=cell_len(name))
        if view.largest is None:
            lines = [blank + line[j] for line in view.cells]
        else:
            signs = [display.fit(LARGEST) if line[j] else " " for line in view.largest]
            lines = [with_sign(line[j], sign) for line, sign in zip(view.cells, signs, strict=True)]
        parts.append(Cells(lines, styles_of(view, j)))
    table.add_row(*parts)
    return table


def with_sign(text: str, sign: str) -> str:
    """Put a sign, or a blank, right before a number, which makes its cell one wider."""
    number = text.lstrip(" ")
    return " " * (len(text) - len(number)) + sign + number


def styles_of(view: View, j: int) -> Sequence[Style | None]:
    """Return the style of each cell of a column: attention weights are shaded."""
    if view.heat is not None:
        return [next((style for least, style in HEAT if heat >= least), None) for heat in view.heat[:, j]]
    return view.styles[j] if view.styles else ()


class Lines:
    """Lines that are whole already: a large table, in which Rich need not look at every cell."""

    is_whole = True

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield them in one piece."""
        yield Segment("\n".join(self.lines) + "\n")


def plain_tables(view: View, found: Sequence[range], gap: int, display: Display) -> Iterator[Lines]:
    """Write each block of columns of a large matrix as a table would: lines are cut out of whole ones."""
    marked = view.largest is not None
    corner = " " * corner_width(view)
    names = [name or corner for name in view.rows]
    between = " " * (gap + marked)
    ends = [0, *accumulate(column_widths(view, gap))]
    whole = [between.join(["", *cells]) for cells in view.cells]
    for i, flags in enumerate(view.largest or ()):
        for j in (j for j, flag in enumerate(flags) if flag):
            before = ends[j + 1] - len(view.cells[i][j].lstrip(" ")) - 1
            whole[i] = whole[i][:before] + display.fit(LARGEST) + whole[i][before + 1 :]
    for block in found:
        start, end = ends[block.start], ends[block.stop]
        header = between.join([corner, *view.columns[block.start : block.stop]])
        rule = display.fit("─") * (len(corner) + end - start)
        rows = [f"{name}{line[start:end]}".rstrip(" ") for name, line in zip(names, whole, strict=True)]
        yield Lines([*([""] if block.start else []), header, rule, *rows])
