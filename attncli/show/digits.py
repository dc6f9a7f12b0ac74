"""Numbers as they are shown: whole ones whole, one decimal point under the other, never −0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.ops.op import Array

FULL = -1  # as many decimals as the number has
LARGEST_WHOLE = 1e15
LARGEST_FIXED = 1e9


def written(number: float, decimals: int, *, scientific: bool = False) -> str:
    """Write one number with so many decimals, or FULL for all that it has.

    Whole numbers have none; numbers too long to read, or all too small for the decimals, are
    written with an exponent. A cell that does not count (NaN) is ``~``.
    """
    if math.isnan(number):
        return "~"
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    if number == round(number) and abs(number) < LARGEST_WHOLE:
        return str(int(number))
    if decimals == FULL:
        return repr(float(number))
    if scientific or abs(number) >= LARGEST_FIXED:
        return f"{number:.{decimals}e}"
    text = f"{number:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def needs_exponent(values: Array, decimals: int) -> bool:
    """Whether fixed decimals would show nothing but zeros where there are numbers."""
    if decimals == FULL:
        return False
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return bool(sizes.size) and float(sizes.max()) < 0.5 * 10.0**-decimals


def aligned(texts: Sequence[str]) -> list[str]:
    """Put one decimal point under the other; all come out equally wide."""
    parts = [text.partition(".") for text in texts]
    left = max((len(whole) for whole, _, _ in parts), default=0)
    right = max((len(point + rest) for _, point, rest in parts), default=0)
    return [whole.rjust(left) + (point + rest).ljust(right) for whole, point, rest in parts]
