"""The numbers of a matrix in columns, one decimal point under the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import FULL, LARGEST_FIXED, SIGNS, aligned, off_ties, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from attncli.ops.op import Array


def columns(
    matrix: Array, decimals: int, *, scientific: bool, sign: Callable[[str], str], least: Sequence[int]
) -> list[list[str]]:
    """Write a matrix line by line; the cells of column j are equally wide, and at least ``least[j]``.

    ``sign`` writes inf, -inf and nan, which end their cells.
    """
    finite = np.isfinite(matrix)
    long = finite & (np.abs(matrix) >= LARGEST_FIXED)
    if decimals == FULL or scientific or long.any():
        return by_text(matrix, decimals, scientific=scientific, sign=sign, least=least)
    return by_size(matrix, decimals, finite, sign, least)


def by_text(
    matrix: Array, decimals: int, *, scientific: bool, sign: Callable[[str], str], least: Sequence[int]
) -> list[list[str]]:
    """Write each number, then make the texts of a column equally wide."""
    lines = [line.split("\t") for line in texts(matrix, decimals, scientific=scientific)]
    found = [
        [text.rjust(width) for text in aligned([sign(text) for text in column])]
        for column, width in zip(zip(*lines, strict=True), least, strict=True)
    ]
    return [list(line) for line in zip(*found, strict=True)]


def by_size(
    matrix: Array, decimals: int, finite: NDArray[np.bool_], sign: Callable[[str], str], least: Sequence[int]
) -> list[list[str]]:
    """Do the same several times faster: how wide a column is, its largest and smallest number tell.

    Each line is then written by one format. Only for numbers with fixed decimals.
    """
    whole = finite & (matrix == np.rint(matrix))
    broken = finite & ~whole
    numbers = off_ties(matrix, decimals)
    numbers = np.where(np.abs(numbers) < 0.5 * 10.0**-decimals, 0.0, numbers)  # never −0
    point = decimals + bool(decimals)
    behind = np.where(broken.any(axis=0), point, 0)
    before = np.maximum(lengths(numbers, whole, 0), lengths(numbers, broken, decimals) - point)
    signs = {text: sign(text) for text in SIGNS}
    low = np.where(np.isneginf(matrix).any(axis=0), len(signs["-inf"]), 0)
    high = np.where(np.isposinf(matrix).any(axis=0), len(signs["inf"]), 0)
    widths = np.max(np.array([before + behind, low, high, least]), axis=0).tolist()
    of_whole = [f"%{w - b}.0f{' ' * b}" for w, b in zip(widths, behind.tolist(), strict=True)]
    of_broken = [f"%{w}.{decimals}f" for w in widths]
    all_broken = "\t".join(of_broken)
    lines = []
    for kinds, row in zip(whole, numbers, strict=True):
        form = all_broken
        if kinds.any():
            forms = zip(kinds.tolist(), of_whole, of_broken, strict=True)
            form = "\t".join([one if is_whole else other for is_whole, one, other in forms])
        lines.append((form % tuple(row.tolist())).split("\t"))
    for i, j in np.argwhere(~finite).tolist():
        lines[i][j] = signs[lines[i][j].strip()].rjust(widths[j])
    return lines


def lengths(numbers: Array, kept: NDArray[np.bool_], decimals: int) -> NDArray[np.int_]:
    """Tell how long the longest number of each column is, among those that are kept."""
    largest = numbers.max(axis=0, where=kept, initial=0.0).tolist()
    smallest = numbers.min(axis=0, where=kept, initial=0.0).tolist()
    return np.array(
        [max(len(f"{x:.{decimals}f}") for x in ends) for ends in zip(largest, smallest, strict=True)]
    )
