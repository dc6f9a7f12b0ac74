"""Which columns of a matrix stand together, so that no digit is cut: blocks of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.show.views import View


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
