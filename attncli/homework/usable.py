"""What of a student's answer may be gone on from: follow-through is not a loophole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.homework.key import Key
    from attncli.ops.op import Array


def fitted(answer: Answer, key: Key, symbol: str) -> Answer:
    """Read an answer as one to this row.

    One number may stand in brackets of its own, a vector in a matrix of one row; −∞ is a number only in M.
    """
    if answer.fault:
        return answer
    right = key.values[symbol]
    if answer.values.shape != right.shape and squeezed(answer.values) == squeezed(right):
        answer = replace(
            answer,
            values=answer.values.reshape(right.shape),
            blank=answer.blank.reshape(right.shape),
            unreadable=answer.unreadable.reshape(right.shape),
            exact=answer.exact.reshape(right.shape),
        )
    if answer.plain or symbol == "M":
        return answer
    infinite = np.isneginf(answer.values)
    if infinite.any():
        values = np.where(infinite, np.nan, answer.values)
        answer = replace(answer, values=values, unreadable=answer.unreadable | infinite)
    return answer


def squeezed(values: Array) -> tuple[int, ...]:
    """Return a shape without the brackets that hold only one thing."""
    shape = values.shape
    while shape and (shape[0] == 1 or values.size == 1):
        shape = shape[1:]
    return shape


def filled(answer: Answer, own: Array | None, right: Array) -> Array:
    """Put what follows from earlier rows into blank cells, and the key's numbers into unreadable ones."""
    if answer.plain:
        return answer.values
    values = np.where(answer.blank, right if own is None else own, answer.values)
    return np.where(answer.unreadable, right, values)


def usable(values: Array, right: Array, symbol: str, answer: Answer, *, explained: bool) -> Array:
    """Return what later rows may be worked out from: the answer, or the key's value in its place.

    All zero or all equal where the key is not is trivial. Each row of A must sum to 1, as far as its
    rounding allows, unless a known mistake explains why it does not.
    """
    if values.size > 1 and (values == values.flat[0]).all() and not (right == right.flat[0]).all():
        return right
    if symbol == "A" and not explained:
        allowed = values.shape[-1] * (0.5 * 10.0**-answer.decimals) + 1e-9
        adrift = np.abs(values.sum(axis=-1) - right.sum(axis=-1)) > allowed
        return np.where(adrift[..., None], right, values) if adrift.any() else values
    return values
