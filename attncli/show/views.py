"""From a matrix to the cells of a table: what is shown of it, how it is labelled, what is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import aligned, needs_exponent, written
from attncli.show.words import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.calculation import Result
    from attncli.ops.op import Array

MOST = 20
FIRST, LAST = 6, 3
GAP = "⋮"
SAME = 1e-12


@dataclass(frozen=True)
class View:
    """The cells of one matrix, as text; columns are equally wide within themselves.

    ``weights`` are the numbers behind the cells, where they are to be shaded as a heat map;
    ``largest`` marks the largest cells of each row.
    """

    rows: list[str]
    columns: list[str]
    cells: list[list[str]]
    weights: Array | None = None
    largest: list[list[bool]] | None = None
    hidden: str = ""

    @property
    def widths(self) -> list[int]:
        """How wide each column's numbers are."""
        return [len(cell) for cell in self.cells[0]]


def matrix_view(
    values: Array,
    rows: Sequence[str] | None,
    columns: Sequence[str] | None,
    *,
    decimals: int,
    full: bool = False,
    heat: bool = False,
    ascii_only: bool = False,
) -> View:
    """Write out a matrix, or its corners where it is too large to be looked at."""
    n, m = values.shape
    row_places, column_places = shown(n, full=full), shown(m, full=full)
    corner = values[np.ix_([i for i in row_places if i >= 0], [j for j in column_places if j >= 0])]
    scientific = needs_exponent(corner, decimals)
    numbers = iter(corner)
    cells_by_row: list[list[str]] = []
    for i in row_places:
        if i < 0:
            cells_by_row.append([GAP] * len(column_places))
            continue
        texts = iter([written(x, decimals, scientific=scientific) for x in next(numbers).tolist()])
        cells_by_row.append([next(texts) if j >= 0 else "⋯" for j in column_places])
    by_column = [aligned(column) for column in zip(*cells_by_row, strict=True)]
    picked = None
    if heat:
        padded = np.pad(values, ((0, 1), (0, 1)), constant_values=0.0)
        picked = padded[np.ix_(row_places, column_places)]
    return View(
        rows=named(rows, row_places, ascii_only=ascii_only),
        columns=named(columns, column_places, ascii_only=ascii_only),
        cells=[list(row) for row in zip(*by_column, strict=True)],
        weights=picked,
        largest=largest_of(values, row_places, column_places) if heat else None,
        hidden=""
        if len(row_places) == n and len(column_places) == m
        else f"the corners of {n} × {m}; --full shows all",
    )


def shown(size: int, *, full: bool) -> list[int]:
    """Return which places of an axis are shown; −1 stands for those left out."""
    if full or size <= MOST:
        return list(range(size))
    return [*range(FIRST), -1, *range(size - LAST, size)]


def named(labels: Sequence[str] | None, places: list[int], *, ascii_only: bool) -> list[str]:
    """Name the places of an axis by its tokens, or count them from 1."""
    return [
        GAP if i < 0 else label(labels[i], ascii_only=ascii_only) if labels else str(i + 1) for i in places
    ]


def largest_of(values: Array, rows: list[int], columns: list[int]) -> list[list[bool]]:
    """Mark the largest cells of each row; none where the row is all zeros or all alike."""
    top = values.max(axis=1, keepdims=True)
    mark = (values >= top * (1 - SAME)) & (top > 0) & (values.min(axis=1, keepdims=True) < top * (1 - SAME))
    return [[i >= 0 and j >= 0 and bool(mark[i, j]) for j in columns] for i in rows]


def labels_of(result: Result, symbol: str) -> list[tuple[str, ...] | None]:
    """Return the tokens along each axis of a row, or None where it is only counted."""
    return [result.problem.labels(letter) for letter in result.letters(symbol)]
