"""The mask and the softmax, and the article's (*): how a gradient goes back through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.expression import Number, Product, Quotient, Sum, exp, minus
from attncli.ops.op import Array, Gradient, LinearOp, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.mask import Mask
    from attncli.ops.op import ErrorOf, Operand


SAFE = 700.0  # e^709 is the last power that float64 holds


def is_allowed(mask: Mask, scores: Array, index: tuple[int, ...]) -> bool:
    """Whether a token may look at another: one cell of the mask."""
    allowed = np.broadcast_to(mask.allowed(*scores.shape[-2:]), scores.shape)
    return bool(allowed[index])


def fill_hidden(matrix: Array, mask: Mask, number: float) -> None:
    """Write a number into every cell that the mask hides."""
    n, m = matrix.shape[-2:]
    clear = mask.seen_by_all(m)
    if clear < m:
        hidden = ~mask.columns(slice(clear, m)).allowed(n, m - clear)
        np.copyto(matrix[..., clear:], number, where=hidden)


class MaskOut(LinearOp):
    """The scores, −∞ where a token may not look; a third argument is added to them first."""

    reuses = 0

    def text(self, *args: str) -> str:
        scores, _, *added = args
        return f"mask({' + '.join((scores, *added))})"

    def value(self, scores: Array, mask: Mask, added: Array | None = None) -> Array:
        allowed = mask.allowed(*scores.shape[-2:])
        if added is not None:
            scores = scores + added
        return np.where(allowed, scores, np.asarray(-np.inf, scores.dtype))

    def write(self, out: Array, scores: Array, mask: Mask, added: Array | None = None) -> None:
        if added is not None:
            np.add(scores, added, out=out)
        elif out is not scores:
            out[...] = scores
        fill_hidden(out, mask, -np.inf)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        scores, mask, *added = args
        if not is_allowed(mask.value, scores.value, index):
            return Number(-np.inf)
        terms = tuple(operand.at(*index[-operand.value.ndim :]) for operand in (scores, *added))
        return Sum(terms) if added else terms[0]

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """A masked cell is −∞ whatever its score: nothing flows back through it."""
        yield Gradient(args[0], KEEP_ALLOWED, (dy, args[1]))


class KeepAllowed(LinearOp):
    """The matrix where a token may look, 0 elsewhere."""

    reuses = 0

    def text(self, *args: str) -> str:
        return f"{args[0]}, 0 where masked"

    def value(self, a: Array, mask: Mask) -> Array:
        return np.where(mask.allowed(*a.shape[-2:]), a, np.zeros((), a.dtype))

    def write(self, out: Array, a: Array, mask: Mask) -> None:
        if out is not a:
            out[...] = a
        fill_hidden(out, mask, 0.0)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, mask = args
        return a.at(*index) if is_allowed(mask.value, a.value, index) else Number(0.0)


def softmax(scores: Array) -> Array:
    """Softmax of each row: e^s over the row's sum of e^s; zeros where a whole row is −∞."""
    weights = np.empty_like(scores)
    write_softmax(weights, scores)
    return weights


def write_softmax(out: Array, scores: Array) -> None:
    """Write each row's softmax into ``out``.

    The row's maximum is taken off first: it changes nothing and keeps e^s finite.
    """
    top = scores.max(axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)
    np.subtract(scores, top, out=out)
    np.exp(out, out=out)
    total = out.sum(axis=-1, keepdims=True)
    out /= np.maximum(total, 1)  # the maximum alone gives 1; where all is −∞, the total is 0


def softmax_cell(index: tuple[int, ...], scores: Operand, *, hidden: bool = False) -> Expression:
    """Write e^s over the sum of its row's e^s; masked cells have no part in it.

    A masked one is 0; ``hidden`` writes e^−∞ over that sum.
    """
    *row, k = index
    numbers = scores.value[tuple(row)]
    seen = np.flatnonzero(~np.isneginf(numbers)).tolist()
    if k not in seen and not (hidden and seen):
        return Number(0.0)
    top = max(seen, key=lambda i: float(numbers[i]))
    needed = max(abs(numbers[i]) for i in (top, k) if i in seen) > SAFE

    def power(i: int) -> Expression:
        return exp(minus(scores.at(*row, i), scores.at(*row, top)) if needed else scores.at(*row, i))

    above = power(k) if k in seen else exp(scores.at(*index))
    return Quotient(above, Sum(tuple(power(i) for i in seen)))


class Softmax(Op):
    """softmax(B), along each row."""

    def text(self, *args: str) -> str:
        return f"softmax({args[0]})"

    reuses = 0

    def value(self, scores: Array) -> Array:
        return softmax(scores)

    def write(self, out: Array, scores: Array) -> None:
        write_softmax(out, scores)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0])

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0], hidden=True)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], SOFTMAX_GRADIENT, (y, dy))


class SoftmaxGradient(Op):
    """(*) summed over each row: dB_k = Σ_i dA_i·∂a_i/∂b_k.

    ∂a_i/∂b_k is a_i(1 − a_i) where i = k and −a_i·a_k elsewhere; so the sum is
    a_k·(dA_k − Σ_i a_i·dA_i).
    """

    reuses = 1

    def text(self, *args: str) -> str:
        a, da = args
        return f"{a}∘({da} − rowsum({a}∘{da}))"

    def value(self, a: Array, da: Array) -> Array:
        try:
            gradient: Array = a * (da - (a * da).sum(axis=-1, keepdims=True))
        except FloatingPointError:  # a weight of 0 keeps its 0, however large what it meets
            total = (a * da).sum(axis=-1, keepdims=True)
            with np.errstate(over="ignore", invalid="ignore"):
                gradient = np.where(a == 0, np.zeros((), a.dtype), a * (da - total))
        return gradient

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the difference is taken of, and the error of dA; that of A counts for nothing beside them."""
        a, da = args
        size = np.abs(da)
        size = size + (a * size).sum(axis=-1, keepdims=True)
        lost = errors(1)
        if lost is not None:
            size = np.hypot(size, np.sqrt(lost**2 + (a * lost**2 * a).sum(axis=-1, keepdims=True)))
        total: Array = a * size
        return total

    def write(self, out: Array, a: Array, da: Array) -> None:
        total = np.vecdot(a, da)[..., None]
        np.subtract(da, total, out=out)
        np.multiply(out, a, out=out)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, da = args
        *row, k = index
        total = Sum(tuple(Product((a.at(*row, i), da.at(*row, i))) for i in range(a.value.shape[-1])))
        return Product((a.at(*row, k), minus(da.at(*row, k), total)))


MASK_OUT, KEEP_ALLOWED = MaskOut(), KeepAllowed()
SOFTMAX, SOFTMAX_GRADIENT = Softmax(), SoftmaxGradient()
