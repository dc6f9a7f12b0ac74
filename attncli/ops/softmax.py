"""The mask and the softmax, and the article's (*): how a gradient goes back through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.ops.op import Array, Gradient, Op

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.mask import Mask


class MaskOut(Op):
    """The scores, −∞ where a token may not look; a third argument is added to them first."""

    def text(self, *args: str) -> str:
        scores, _, *added = args
        return f"mask({' + '.join((scores, *added))})"

    def value(self, scores: Array, mask: Mask, added: Array | None = None) -> Array:
        allowed = mask.allowed(*scores.shape[-2:])
        if added is not None:
            scores = scores + added
        return np.where(allowed, scores, np.asarray(-np.inf, scores.dtype))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        """A masked cell is −∞ whatever its score: nothing flows back through it."""
        yield Gradient(args[0], KEEP_ALLOWED, (dy, args[1]))


class KeepAllowed(Op):
    """The matrix where a token may look, 0 elsewhere."""

    def text(self, *args: str) -> str:
        return f"{args[0]}, 0 where masked"

    def value(self, a: Array, mask: Mask) -> Array:
        return np.where(mask.allowed(*a.shape[-2:]), a, np.zeros((), a.dtype))


def softmax(scores: Array) -> Array:
    """Softmax of each row: e^s over the row's sum of e^s; zeros where a whole row is −∞.

    The row's maximum is taken off first: it changes nothing and keeps e^s finite.
    """
    top = scores.max(axis=-1, keepdims=True)
    top[np.isneginf(top)] = 0.0
    with np.errstate(over="ignore"):  # further apart than float64 reaches: e^(−∞) = 0 is right
        weights: Array = np.exp(scores - top)
    total = weights.sum(axis=-1, keepdims=True)
    total[total == 0.0] = 1.0
    weights /= total
    return weights


class Softmax(Op):
    """softmax(B), along each row."""

    def text(self, *args: str) -> str:
        return f"softmax({args[0]})"

    def value(self, scores: Array) -> Array:
        return softmax(scores)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], SOFTMAX_GRADIENT, (y, dy))


class SoftmaxGradient(Op):
    """(*) summed over each row: dB_k = Σ_i dA_i·∂a_i/∂b_k.

    ∂a_i/∂b_k is a_i(1 − a_i) where i = k and −a_i·a_k elsewhere; so the sum is
    a_k·(dA_k − Σ_i a_i·dA_i).
    """

    def text(self, *args: str) -> str:
        a, da = args
        return f"{a}∘({da} − rowsum({a}∘{da}))"

    def value(self, a: Array, da: Array) -> Array:
        gradient: Array = a * (da - (a * da).sum(axis=-1, keepdims=True))
        return gradient


MASK_OUT, KEEP_ALLOWED = MaskOut(), KeepAllowed()
SOFTMAX, SOFTMAX_GRADIENT = Softmax(), SoftmaxGradient()
