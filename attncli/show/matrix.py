"""From a matrix to the cells of a table: what is shown of it, how it is labelled, what is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.language import _
from attncli.names import endings
from attncli.show.numbers import SIGNS, needs_exponent
from attncli.show.numbers import columns as columns_of_numbers
from attncli.show.terminal import LONGEST, columns_of, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.ops.op import Array
    from attncli.result import Result
    from attncli.show.terminal import Terminal


HEADED = 3  # the axes of a row that has heads
MOST = 20
FIRST, LAST = 5, 3
DOWN, ACROSS = "⋮", "⋯"
SAME = 1e-12


class View(NamedTuple):
    """The cells of one matrix as text that the terminal can show.

    A column's name and cells are equally wide, and so are the names of the rows. ``heat`` is how
    far each cell is to be shaded, from 0 to 1; ``largest`` marks the largest cells of each row.
    """

    rows: list[str]
    columns: list[str]
    cells: list[list[str]]
    heat: Array | None = None
    largest: list[list[bool]] | None = None
    hidden: str = ""


class Looks(NamedTuple):
    """How matrices are shown on one terminal."""

    terminal: Terminal
    decimals: int
    full: bool = False

    @property
    def room(self) -> int:
        """How long the name of a row or a column may be: a quarter of a narrow screen."""
        return max(4, min(LONGEST, self.terminal.width // 4))

    def places(self, size: int) -> list[int]:
        """Return which places of an axis are shown; −1 stands for those left out."""
        if self.full or size <= MOST:
            return list(range(size))
        return [*range(FIRST), -1, *range(size - LAST, size)]

    def cell(self, text: str) -> str:
        """Write a number, or what stands for one, with what the terminal has."""
        return self.terminal.fit(SIGNS.get(text, text))

    def names(self, tokens: tuple[str, ...] | None, places: Sequence[int], gap: str = DOWN) -> list[str]:
        """Name the places of an axis by its tokens, or count them from 1."""
        if tokens is None:
            return [str(i + 1) if i >= 0 else self.terminal.fit(gap) for i in places]
        ends = endings(tokens)
        ascii_only = self.terminal.ascii_only
        return [
            label(tokens[i], ascii_only=ascii_only, room=self.room, end=ends[i])
            if i >= 0
            else self.terminal.fit(gap)
            for i in places
        ]


def matrix_view(
    values: Array,
    rows: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    looks: Looks,
    *,
    peak: float | None = None,
) -> View:
    """Write out a matrix, or its corners where it is too large to be looked at.

    With a ``peak``, the deepest shade's number, it is a heat map.
    """
    n, m = values.shape
    down, across = looks.places(n), looks.places(m)
    corners = values[np.ix_([i for i in down if i >= 0], [j for j in across if j >= 0])]
    names = looks.names(columns, across, ACROSS)
    cells = columns_of_numbers(
        corners,
        looks.decimals,
        scientific=needs_exponent(corners, looks.decimals),
        sign=looks.cell,
        least=[columns_of(name) for name, j in zip(names, across, strict=True) if j >= 0],
    )
    if -1 in across:
        for line in cells:
            line.insert(FIRST, names[FIRST])
    if -1 in down:
        cells.insert(FIRST, [looks.cell(DOWN).rjust(len(text)) for text in cells[0]])
    return View(
        rows=flush(looks.names(rows, down), left=True),
        columns=[flush([name, text])[0] for name, text in zip(names, cells[0], strict=True)],
        cells=cells,
        heat=None if peak is None else shades(values, down, across, peak),
        largest=None if peak is None else largest_of(values, down, across),
        hidden=""
        if corners.shape == (n, m)
        else looks.cell(_("the corners of {n} × {m}; --full shows all", n=n, m=m)),
    )


def flush(column: Sequence[str], *, left: bool = False) -> list[str]:
    """Make texts equally wide on the screen."""
    width = max(map(columns_of, column))
    blanks = [" " * (width - columns_of(text)) for text in column]
    return [text + blank if left else blank + text for text, blank in zip(column, blanks, strict=True)]


def shades(values: Array, down: Sequence[int], across: Sequence[int], peak: float) -> Array:
    """Tell how far each cell that is shown is to be shaded: not at all where cells are left out."""
    left_out = (np.asarray(down)[:, None] < 0) | (np.asarray(across) < 0)
    return np.where(left_out, 0.0, values[np.ix_(down, across)] / (peak or 1.0))


def largest_of(values: Array, down: Sequence[int], across: Sequence[int]) -> list[list[bool]]:
    """Mark the largest cells of each row that is shown; none where the row is all zeros."""
    top = values[down].max(axis=1, keepdims=True)
    mark = (values[np.ix_(down, across)] >= top * (1 - SAME)) & (top > 0)
    mark &= (np.asarray(down)[:, None] >= 0) & (np.asarray(across) >= 0)
    found: list[list[bool]] = mark.tolist()
    return found


def labels_of(result: Result, symbol: str) -> list[tuple[str, ...] | None]:
    """Return the tokens along each axis of a row, or None where it is only counted."""
    return result.labels(symbol)


def blocks(view: View, width: int) -> tuple[list[range], int]:
    """Split the columns so that every block fits the width; return the gap between columns as well.

    Columns are two apart, or one apart where that saves a block or a mark stands between them.
    """
    room = width - columns_of(view.rows[0])
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
    return [gap + bool(view.largest) + columns_of(name) for name in view.columns]


def view_width(view: View) -> int:
    """How wide the table of a whole matrix is."""
    return columns_of(view.rows[0]) + sum(column_widths(view, 1 if view.largest else 2))
