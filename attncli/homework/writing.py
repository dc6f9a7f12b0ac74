"""How a row is written: to so many decimals or digits, each cell to its last place."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.answer import all_show, decimals_of, plain_decimals

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.ops.op import Array


SURE_DIGITS = 3  # so many significant digits tell that the zeros of 13900 only fill places
_DIGITS = re.compile(r"\d+(?:[.,]\d*)?|[.,]\d+")


def half_unit(answer: Answer) -> float:
    """Return half a unit of the last decimal that a row shows."""
    return float(0.5 * 10.0**-answer.decimals)


def ways_of_writing(answer: Answer) -> list[Any]:
    """Return half a unit of each cell's last place, for each consistent way in which a row may be written.

    To a number of decimals (zeros at the end may be missing); to a number of significant digits; with
    decimals that fall as the numbers grow. A cell that tells of itself how exact it is stays that.
    """
    decimals = half_unit(answer)
    ways: list[Any] = [decimals]
    if not is_uniform(answer):
        ways += [half for half in (significant(answer), falling(answer)) if (half > decimals).any()]
    own = answer.spread
    return ways if own is None else [np.where(np.isnan(own), half, own) for half in ways]


def is_uniform(answer: Answer) -> bool:
    """Whether all numbers show as many decimals as the row does: then there is one way to read it."""
    if answer.plain:  # the quick way
        return all_show(answer.texts, answer.decimals)
    texts = [text for text, _ in numbers_of(answer)]
    return "e" not in "".join(texts).lower() and len({decimals_of(text) for text in texts}) < 2  # noqa: PLR2004


def places(answer: Answer, text: str) -> int:
    """Count the decimals that a number of an answer shows."""
    return plain_decimals(text) if answer.plain else decimals_of(text)


def numbers_of(answer: Answer) -> list[tuple[str, float]]:
    """Return the text and the number of each cell that has a finite one."""
    values = answer.values.ravel().tolist()
    return [(text, value) for text, value in zip(answer.texts, values, strict=True) if math.isfinite(value)]


def significant(answer: Answer, digits: int | None = None) -> Array:
    """Return half a unit of each cell's last significant digit, as many as the longest has by default."""
    digits = most_digits(answer) if digits is None else digits
    size = np.abs(np.where(np.isfinite(answer.values), answer.values, 0.0))
    half = half_digit(size, digits)
    if digits < SURE_DIGITS:
        plain = np.array(["e" not in text.lower() for text in answer.texts]).reshape(half.shape)
        half = np.where(plain, np.minimum(half, 0.5), half)
    return np.where(size == 0, half[size > 0].min(initial=half_unit(answer)), half)


def half_digit(size: Array, digits: int) -> Array:
    """Return half a unit of the last of so many significant digits of each number, of 0 as of 1."""
    leading = np.floor(np.log10(np.where(size == 0, 1.0, size) * (1 + 1e-12)))
    half: Array = 0.5 * 10.0 ** (leading - digits + 1)
    return half


def most_digits(answer: Answer) -> int:
    """Count the significant digits of the number that has the most."""
    return max((digits_of(text) for text, value in numbers_of(answer) if value), default=1)


def digits_of(text: str) -> int:
    """Count the significant digits of a number, without zeros that may only fill places."""
    found = _DIGITS.search(text)
    mantissa = found[0] if found else ""
    digits = mantissa.replace(".", "").replace(",", "").lstrip("0")
    sure = "." in mantissa or "," in mantissa
    return len(digits) if sure else len(digits.rstrip("0"))


def falling(answer: Answer) -> Array:
    """Return half a unit of the last decimal of each cell, one decimal less for each power of ten at most."""
    shown: Counter[int] = Counter()
    for text, value in numbers_of(answer):
        if not is_edge(value):
            shown[band(value)] = max(shown[band(value)], places(answer, text))
    decimals = {0: answer.decimals}
    for power in range(1, 1 + max(map(band, answer.values.ravel().tolist()), default=0)):
        before = decimals[power - 1]
        decimals[power] = min(max(shown[power], before - 1, 0), before)
    cells = [
        max(decimals[band(value)], places(answer, text)) if is_edge(value) else decimals[band(value)]
        for text, value in zip(answer.texts, answer.values.ravel().tolist(), strict=True)
    ]
    half: Array = 0.5 * 10.0 ** -np.array(cells, float).reshape(answer.values.shape)
    return half


def band(number: float) -> int:
    """Return the power of ten that a number stays below: 0 below 1, 1 below 10 and so on."""
    return max(0, math.floor(math.log10(abs(number)) + 1e-12) + 1) if number and math.isfinite(number) else 0


def is_edge(number: float) -> bool:
    """Whether a number may have been rounded up, or down, to the power of ten where a decimal falls away."""
    return bool(number) and math.isfinite(number) and abs(number) == 10.0 ** (band(number) - 1)
