"""What a change does to the page: two pages held against each other, row by row, in the page's order."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.names import cell_name
from attncli.result import SCHEMA, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.ops.op import Array
    from attncli.result import Result


TOLERANCE = 1e-12
DUST = 1e-15  # of the largest number of a pass: smaller than what rounding leaves where a sum is 0


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
    their row on either page.
    """
    values = [everything(result) for result in (first, second)]
    order = merged(list(values[0]), list(values[1]))
    rows = tuple(
        compared(symbol, (first, second), values, tolerance)
        for symbol in order
        if symbol in values[0] and symbol in values[1]
    )
    words = (all_words(first), all_words(second))
    return Difference(
        first,
        second,
        rows,
        tuple(symbol for symbol in order if symbol not in values[1]),
        tuple(symbol for symbol in order if symbol not in values[0]),
        words if words[0] != words[1] else None,
    )


def everything(result: Result) -> dict[str, Array]:
    """Return the page's values in its order: givens, constants such as √d_k, rows."""
    rows = {row.symbol for row in result.rows}
    givens = {symbol: value for symbol, value in result.values.items() if symbol not in rows}
    constants = {symbol: np.asarray(value) for symbol, value in result.constants.items()}
    return givens | constants | {row.symbol: result[row.symbol] for row in result.rows}


def all_words(result: Result) -> tuple[str, ...]:
    """Return the tokens, and behind them those of a context."""
    return (*result.problem.tokens, *(result.problem.context_tokens or ()))


def merged(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Put two orders together: what only one page has stands where it stands there."""
    order: list[str] = []
    for _, i, end_i, j, end_j in SequenceMatcher(a=first, b=second, autojunk=False).get_opcodes():
        order += [*first[i:end_i], *second[j:end_j]]
    return list(dict.fromkeys(order))


def compared(
    symbol: str, results: tuple[Result, Result], values: Sequence[Mapping[str, Array]], tolerance: float
) -> RowDifference:
    """Compare one row."""
    ours, theirs = (page[symbol] for page in values)
    formulas = (results[0].formula(symbol), results[1].formula(symbol))
    row = RowDifference(symbol, formulas, (ours.shape, theirs.shape), of=ours.size)
    if row.reshaped:
        return row
    off = distances(ours, theirs)
    largest = max(size(ours), size(theirs))
    backward = results[0].page.row[symbol].backward if symbol in results[0].page.row else False
    dust = DUST * max(pass_size(result, backward=backward) for result in results)
    differs = off > max(tolerance * largest, dust)
    if not differs.any():
        return row
    index = tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    return RowDifference(
        symbol,
        formulas,
        row.shapes,
        cells=int(differs.sum()),
        of=ours.size,
        largest=float(off[index]),
        index=index,
        cell=named(results, symbol, index),
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


def pass_size(result: Result, *, backward: bool) -> float:
    """Return the largest number of a pass."""
    return max((size(result[row.symbol]) for row in result.rows if row.backward == backward), default=0.0)


def named(results: tuple[Result, Result], symbol: str, index: tuple[int, ...]) -> str:
    """Name a cell by its tokens, or by its place where the two pages have other words there."""
    if not index:
        return symbol
    labels = []
    for letter in results[0].letters(symbol):
        ours, theirs = (result.problem.labels(letter) for result in results)
        labels.append(ours if ours == theirs else None)
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
