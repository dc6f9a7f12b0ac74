"""Small tables for those who work in Python: as text for ``print``, as HTML for notebooks."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from attncli.untrusted import in_markup, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


MOST = 12  # rows, and columns, of a matrix; of a larger one the first and the last are shown
LARGEST_FIXED, LARGEST_WHOLE = 1e9, 1e15


def number_text(number: float, decimals: int) -> str:
    """Write a number as screens do: whole ones whole, long and very small ones with an exponent."""
    if not np.isfinite(number):
        return "~" if np.isnan(number) else "∞" if number > 0 else "-∞"
    if number == round(number) and abs(number) < LARGEST_WHOLE:
        return f"{number:z.0f}"
    from attncli.rounding import Rounding  # noqa: PLC0415 - only numbers that are shown here need it

    rounded = Rounding(decimals).number(number)
    return f"{rounded:.{decimals}f}" if rounded and abs(number) < LARGEST_FIXED else f"{number:.{decimals}e}"


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Write rows of text below each other, the first one as a heading, without anything at their ends."""
    clean = [[sanitize(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in clean]
    return "\n".join([*lines[:1], "─" * max(map(len, lines)), *lines[1:]])


def html_table(rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """Write rows of text as an HTML table, in which nothing of the text is taken for HTML.

    The first row, and what is first in each, are headings.
    """
    above = f"<caption>{in_markup(caption)}</caption>" if caption else ""
    lines = []
    for i, (first, *others) in enumerate(rows):
        tag = "td" if i else "th"
        cells = "".join(f"<{tag}>{in_markup(cell)}</{tag}>" for cell in others)
        lines.append(f'<tr><th style="text-align: left">{in_markup(first)}</th>{cells}</tr>')
    return f'<table style="text-align: right">{above}{"".join(lines)}</table>'


def html_matrix(
    matrix: NDArray[np.floating], names: Sequence[Sequence[str] | None], caption: str, decimals: int
) -> str:
    """Write a matrix as an HTML table; ``names`` are those of its rows and of its columns, None: numbers."""
    rows, columns = (shown(size) for size in matrix.shape)
    counted = [list(map(str, range(1, size + 1))) for size in matrix.shape]
    row_names, column_names = (given or numbers for given, numbers in zip(names, counted, strict=True))
    lines = [["", *("…" if j is None else column_names[j] for j in columns)]]
    for i in rows:
        cells = ["…" if None in {i, j} else number_text(float(matrix[i, j]), decimals) for j in columns]
        lines.append(["…" if i is None else row_names[i], *cells])
    return html_table(lines, caption)


def shown(size: int) -> list[int | None]:
    """Return which rows of so many are shown; None stands for those between."""
    if size <= MOST:
        return list(range(size))
    half = MOST // 2
    return list(chain(range(half), [None], range(size - half, size)))


def html_page(title: str, tables: Iterable[str]) -> str:
    """Write tables beside each other, as many as there is room for, below a title."""
    together = "".join(f"<div>{table}</div>" for table in tables)
    return f'<b>{in_markup(title)}</b><div style="display: flex; flex-flow: wrap; gap: 1em">{together}</div>'
