"""How far an answer may lie from what it should be."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.homework.answer import Answer
    from attncli.homework.policy import Tolerance
    from attncli.ops.op import Array


SAME = 1e-9  # of a row's largest number: what two ways of computing it may differ by


def unit(tolerance: Tolerance, answer: Answer) -> float | None:
    """Half a unit of the last decimal that counts; None where the tolerance goes by the right value."""
    if tolerance.significant is not None or tolerance.rtol is not None or tolerance.atol is not None:
        return None
    decimals = answer.decimals if tolerance.decimals is None else tolerance.decimals
    return float(0.5 * 10.0**-decimals)


def agrees(tolerance: Tolerance, answer: Answer, value: Array) -> bool:
    """Whether an answer's numbers are these; blank and unreadable cells say nothing."""
    if value.shape != answer.values.shape:
        return False
    half = unit(tolerance, answer)
    if answer.plain and half is not None:
        worst = float(np.abs(answer.values - value).max())
        return worst <= half or worst <= half + slack(value)
    good = near(answer.values, value, allowed(tolerance, answer, value, slack(value)))
    bare = answer.blank | answer.unreadable
    return bool((good | bare).all() and not bare.all())


def agreeing(tolerance: Tolerance, answers: Mapping[str, Answer], values: Mapping[str, Array]) -> set[str]:
    """Name the plain answers whose numbers are these: what :func:`agrees` tells of one, for all at once."""
    pairs = {
        symbol: (answers[symbol], value)
        for symbol, value in values.items()
        if answers[symbol].plain and answers[symbol].values.shape == value.shape
    }
    halves = [half for answer, _ in pairs.values() if (half := unit(tolerance, answer)) is not None]
    if not halves:
        return {symbol for symbol, (answer, value) in pairs.items() if agrees(tolerance, answer, value)}
    written = np.concatenate([answer.values.ravel() for answer, _ in pairs.values()])
    worked_out = np.concatenate([value.ravel() for _, value in pairs.values()])
    starts = list(accumulate([value.size for _, value in pairs.values()], initial=0))[:-1]
    worst = np.maximum.reduceat(np.abs(written - worked_out), starts).tolist()
    return {
        symbol
        for (symbol, (_, value)), far, half in zip(pairs.items(), worst, halves, strict=True)
        if far <= half or far <= half + slack(value)
    }


def allowed(tolerance: Tolerance, answer: Answer, right: Array, slack: float) -> Any:  # noqa: ANN401
    """Return the largest distance that is right, for each cell or for all of them.

    ``slack`` is what two ways of computing the same number differ by. A cell that was written exactly,
    as 1/3 is, gets nothing else unless a tolerance was asked for.
    """
    half = unit(tolerance, answer)
    if half is not None:
        if answer.plain or tolerance.decimals is not None or answer.exact.shape != right.shape:
            return half + slack
        return np.where(answer.exact, 0.0, half) + slack if answer.exact.any() else half + slack
    size = np.where(np.isfinite(right), np.abs(right), 0.0)
    if tolerance.significant is not None:
        leading = np.floor(np.log10(np.where(size == 0, 1.0, size) * (1 + 1e-12)))
        return 0.5 * 10.0 ** (leading - tolerance.significant + 1) + slack
    return (tolerance.atol or 0.0) + (tolerance.rtol or 0.0) * size + slack


def slack(value: Array) -> float:
    """Return by how much two ways of computing the same row may differ."""
    size = np.abs(value)
    largest = float(size.max(initial=0.0))
    return SAME * (largest if largest < np.inf else float(size[np.isfinite(size)].max(initial=0.0)))


def near(value: Array, right: Array, allowed: Any) -> Any:  # noqa: ANN401 - numbers or arrays
    """Tell where two matrices agree; the boundary does, and an infinity with itself."""
    return (np.abs(value - right) <= allowed) | (value == right)
