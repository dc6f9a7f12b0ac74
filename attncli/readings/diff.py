"""What a change does to the page: two pages held against each other, row by row, in the page's order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.names import cell_name
from attncli.result import SCHEMA, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.ops.op import Array
    from attncli.result import Result


TOLERANCE = 1e-12


@dataclass(frozen=True)
class RowDifference:
    """One row on both pages: how many cells differ, and the one that differs most."""

    symbol: str
    formulas: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    cells: int = 0
    of: int = 0
    largest: float = 0.0
    index: tuple[int, ...] = ()
    cell: str = ""
    values: tuple[float, float] = (0.0, 0.0)

    @property
    def reshaped(self) -> bool:
        """Whether the row has another shape, so that no cells can be compared."""
        return self.shapes[0] != self.shapes[1]

    @property
    def differs(self) -> bool:
        """Whether anything about the row is not the same."""
        return bool(self.cells) or self.reshaped or self.formulas[0] != self.formulas[1]


@dataclass(frozen=True)
class Difference:
    """Two pages: the rows that both have, those that only one has, and their words."""

    first: Result
    second: Result
    rows: tuple[RowDifference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    words: tuple[tuple[str, ...], tuple[str, ...]] | None

    @property
    def same(self) -> bool:
        """Whether the two pages are the same."""
        alone = self.only_first or self.only_second or self.words
        return not alone and not any(row.differs for row in self.rows)


def difference(first: Result, second: Result, tolerance: float = TOLERANCE) -> Difference:
    """Compare two results of the same pass, row by row.

    Two numbers are the same where they differ by at most ``tolerance`` times the largest number of
    their row on either page, or by no more than rounding leaves of 0.
    """
    ours, theirs = values_of(first), values_of(second)
    order = merge(list(ours), list(theirs))
    rows = tuple(
        compare(symbol, (first, second), (ours[symbol], theirs[symbol]), tolerance)
        for symbol in order
        if symbol in ours and symbol in theirs
    )
    words = (all_words(first), all_words(second))
    return Difference(
        first,
        second,
        rows,
        tuple(symbol for symbol in order if symbol not in theirs),
        tuple(symbol for symbol in order if symbol not in ours),
        words if words[0] != words[1] else None,
    )


def values_of(result: Result) -> dict[str, Array]:
    """Return the page's values in its order: givens, constants such as √d_k, rows."""
    rows = {row.symbol for row in result.rows}
    givens = {symbol: value for symbol, value in result.values.items() if symbol not in rows}
    constants = {symbol: np.asarray(value) for symbol, value in result.constants.items()}
    return givens | constants | {row.symbol: result[row.symbol] for row in result.rows}


def all_words(result: Result) -> tuple[str, ...]:
    """Return the tokens, and behind them those of a context."""
    return (*result.problem.tokens, *(result.problem.context_tokens or ()))


def merge(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Merge two orders: what only one page has keeps its place there."""
    order: list[str] = []
    for _, i, end_i, j, end_j in SequenceMatcher(a=first, b=second, autojunk=False).get_opcodes():
        order += [*first[i:end_i], *second[j:end_j]]
    return list(dict.fromkeys(order))


def compare(
    symbol: str, results: tuple[Result, Result], values: tuple[Array, Array], tolerance: float
) -> RowDifference:
    """Compare one row."""
    ours, theirs = values
    formulas = (results[0].formula(symbol), results[1].formula(symbol))
    row = RowDifference(symbol, formulas, (ours.shape, theirs.shape), of=ours.size)
    if row.reshaped:
        return row
    off = distances(ours, theirs)
    allowed = np.maximum(tolerance * max(map(size, values)), sum(result.noise(symbol) for result in results))
    differs = off > allowed
    if not differs.any():
        return row
    worst = np.where(differs, off, -1.0).argmax()
    index = tuple(int(i) for i in np.unravel_index(int(worst), off.shape))
    return replace(
        row,
        cells=int(differs.sum()),
        largest=float(off[index]),
        index=index,
        cell=name_of(results, symbol, index),
        values=(float(ours[index]), float(theirs[index])),
    )


def distances(ours: Array, theirs: Array) -> Array:
    """Return how far each cell is from the other; two that do not count (NaN) are the same."""
    blank = np.isnan(ours) & np.isnan(theirs)
    same = blank | (ours == theirs)
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.where(same, 0.0, np.abs(ours - theirs))
    return np.where(np.isnan(off), np.inf, off)  # a row that counts on one page only


def size(value: Array) -> float:
    """Return the largest number, infinities apart."""
    return float(np.abs(value[np.isfinite(value)]).max(initial=0.0))


def name_of(results: tuple[Result, Result], symbol: str, index: tuple[int, ...]) -> str:
    """Name a cell by its tokens, or by its place where the two pages have other words there."""
    if not index:
        return symbol
    ours, theirs = (result.labels(symbol) for result in results)
    labels = [here if here == there else None for here, there in zip(ours, theirs, strict=True)]
    return cell_name(symbol, index, labels)


def record(found: Difference, names: tuple[str, str]) -> dict[str, Any]:
    """Return what ``diff --json`` prints."""
    return {
        "schema": SCHEMA,
        "first": names[0],
        "second": names[1],
        "same": found.same,
        "words": found.words and [list(words) for words in found.words],
        "rows": [
            {
                "symbol": row.symbol,
                "differs": row.differs,
                "formulas": list(row.formulas),
                "shapes": [list(shape) for shape in row.shapes],
                "cells": row.cells,
                "of": row.of,
                "largest": plain(np.asarray(row.largest)),
                "cell": row.cell or None,
                "index": list(row.index),
                "values": [plain(np.asarray(value)) for value in row.values] if row.cells else None,
            }
            for row in found.rows
        ],
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
    }
