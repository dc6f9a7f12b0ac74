"""The numbers of a matrix in columns, one decimal point under the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import FULL, LARGEST_FIXED, aligned, off_ties, texts

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
    """Do the same in a quarter of the time: how wide a column is, its largest and smallest number tell.

    Each line is then written by one format. Only for numbers with fixed decimals.
    """
    whole = finite & (matrix == np.rint(matrix))
    broken = finite & ~whole
    numbers = off_ties(matrix, decimals)
    behind = np.where(broken.any(axis=0), decimals + bool(decimals), 0).tolist()
    before = np.maximum(
        lengths(numbers, whole, 0), lengths(numbers, broken, decimals) - decimals - bool(decimals)
    ).tolist()
    signs = {text: sign(text) for text in ("inf", "-inf", "nan")}
    odd = (
        [
            max((len(signs[str(x)]) for x in set(column[~kept].tolist())), default=0)
            for column, kept in zip(matrix.T, finite.T, strict=True)
        ]
        if not finite.all()
        else [0] * matrix.shape[1]
    )
    widths = [max(a + b, c, d) for a, b, c, d in zip(before, behind, odd, least, strict=True)]
    of_whole = [f"{{:>z{w - b}.0f}}{' ' * b}" for w, b in zip(widths, behind, strict=True)]
    of_broken = [f"{{:>z{w}.{decimals}f}}" for w in widths]
    all_broken = "\t".join(of_broken)
    lines = []
    for kinds, row in zip(whole, numbers, strict=True):
        form = all_broken
        if kinds.any():
            forms = zip(kinds.tolist(), of_whole, of_broken, strict=True)
            form = "\t".join([one if is_whole else other for is_whole, one, other in forms])
        lines.append(form.format(*row.tolist()).split("\t"))
    for i, j in np.argwhere(~finite).tolist():
        lines[i][j] = signs[lines[i][j].strip()].rjust(widths[j])
    return lines


def lengths(numbers: Array, kept: NDArray[np.bool_], decimals: int) -> NDArray[np.int_]:
    """Tell how long the longest number of each column is, among those that are kept."""
    ends = [
        numbers.max(axis=0, where=kept, initial=0.0).tolist(),
        numbers.min(axis=0, where=kept, initial=0.0).tolist(),
    ]
    return np.array([max(len(f"{x:z.{decimals}f}") for x in pair) for pair in zip(*ends, strict=True)])
