"""Numbers as they are shown: whole ones whole, one decimal point under the other, never −0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.ops.op import Array


FULL = -1  # as many decimals as the number has
LARGEST_WHOLE = 1e15
LARGEST_FIXED = 1e9
MOST_DIGITS = 12  # of a number that is written in full
SIGNS = {"inf": "∞", "-inf": "-∞", "nan": "~"}


def written(number: float, decimals: int, *, scientific: bool = False) -> str:
    """Write one number with so many decimals, or FULL for all that it has.

    Whole numbers have none; numbers too long to read, or all too small for the decimals, are
    written with an exponent. A cell that does not count (NaN) is ``~``.
    """
    (text,) = texts(np.array([[number]], np.float64), decimals, scientific=scientific)
    return SIGNS.get(text, text)


def alone(number: float, decimals: int) -> str:
    """Write a number that stands by itself: with an exponent where it would only show zeros."""
    return written(number, decimals, scientific=needs_exponent(np.asarray(number), decimals))


def in_full(number: float) -> str:
    """Write a number with all its digits, with an exponent only where these are many."""
    text = np.format_float_positional(number, trim="-")
    return text if len(text) <= MOST_DIGITS else written(number, FULL)


def texts(matrix: Array, decimals: int, *, scientific: bool) -> Iterator[str]:
    """Write each line of a matrix, tabs between its numbers; inf, -inf and nan as Python spells them."""
    numbers = matrix if decimals == FULL or scientific else off_ties(matrix, decimals)
    usual = "\t".join([usual_form(decimals, scientific=scientific)] * matrix.shape[1])
    for values, row in zip(matrix, numbers, strict=True):
        form = usual
        if unusual(values).any():
            form = "\t".join(forms_of(values, decimals, scientific=scientific).tolist())
        yield form.format(*row.tolist())


def usual_form(decimals: int, *, scientific: bool) -> str:
    """Return the replacement field of ``str.format`` for a number that is neither whole nor too long."""
    if decimals == FULL:
        return "{!r}"
    return f"{{:.{decimals}e}}" if scientific else f"{{:z.{decimals}f}}"


def unusual(numbers: Array) -> NDArray[np.bool_]:
    """Tell which numbers may be written otherwise: whole ones, long ones, infinite ones, NaN."""
    found: NDArray[np.bool_] = (numbers == np.rint(numbers)) | ~(np.abs(numbers) < LARGEST_FIXED)
    return found


def forms_of(numbers: Array, decimals: int, *, scientific: bool) -> NDArray[np.object_]:
    """Choose how each number is written, as a replacement field."""
    size = np.abs(numbers)
    forms = np.full(numbers.shape, usual_form(decimals, scientific=scientific), object)
    if decimals != FULL:
        forms[size >= LARGEST_FIXED] = f"{{:.{decimals}e}}"
    forms[(numbers == np.rint(numbers)) & (size < LARGEST_WHOLE)] = "{:z.0f}"
    forms[~np.isfinite(numbers)] = "{}"
    return forms


def off_ties(matrix: Array, decimals: int) -> Array:
    """Round what a person sees as a tie (0.125, 2.675) away from zero, as on paper.

    A person sees 15 digits; Python would round the binary number behind them, or to the even digit.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.abs(matrix) * 10.0**decimals
        tie = np.abs(scaled % 1 - 0.5) <= scaled * 5e-15
    tie &= scaled < LARGEST_WHOLE / 10
    if not tie.any():
        return matrix
    rounded = matrix.astype(np.float64)
    rounded[tie] = half_up(matrix[tie].tolist(), decimals)
    return rounded


def half_up(numbers: list[float], decimals: int) -> list[float]:
    """Round by the decimal digits that a person sees."""
    from decimal import ROUND_HALF_UP, Decimal  # noqa: PLC0415 - few matrices have a tie

    unit = Decimal(1).scaleb(-decimals)
    return [float(Decimal(f"{number:.15g}").quantize(unit, ROUND_HALF_UP)) for number in numbers]


def needs_exponent(values: Array, decimals: int) -> bool:
    """Whether fixed decimals would show nothing but zeros where there are numbers."""
    if decimals == FULL:
        return False
    largest = np.abs(values).max(where=np.isfinite(values), initial=0.0)
    return bool(0.0 < largest < 0.5 * 10.0**-decimals)


def aligned(column: Sequence[str]) -> list[str]:
    """Put one decimal point under the other; all come out equally wide. ``-∞`` and ``⋮`` end the cell."""
    parts = [text.partition(".") if text[-1:].isdigit() else ("", "", "") for text in column]
    left = max((len(whole) for whole, _, _ in parts), default=0)
    right = max((len(point + rest) for _, point, rest in parts), default=0)
    width = max((left + right, *map(len, column)))
    return [
        (whole.rjust(left) + (point + rest).ljust(right) if whole else text).rjust(width)
        for text, (whole, point, rest) in zip(column, parts, strict=True)
    ]


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
