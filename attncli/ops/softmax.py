"""The mask and the softmax, and the article's (*): how a gradient goes back through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.ops.expression import Negative, Number, Product, Quotient, Sum, exp, minus, value_of
from attncli.ops.op import N_, Array, Gradient, LinearOp, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    clear, hidden = mask.hidden_part(*matrix.shape[-2:])
    np.copyto(matrix[..., clear:], number, where=hidden)


class MaskOut(LinearOp):
    """The scores, −∞ where a token may not look; B, which the config adds, goes to them first."""

    reuses = 0
    written: ClassVar[Mapping[str, str]] = {"mask({})": "0 mask", "mask({} + {})": "0 mask 1"}
    axes = "*ij . . -> *ij"

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


class MaskPlus(MaskOut):
    """The sum of the scores and a matrix that is learned, such as a relative bias, −∞ where masked."""

    written: ClassVar[Mapping[str, str]] = {"mask({} + {})": "0 mask 1"}
    axes = "*ij . *ij -> *ij"
    why = N_("what is added to the scores has a row a query and a column a key, as they have")

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """Both terms of the sum get what arrives."""
        scores, mask, added = args
        yield Gradient(scores, KEEP_ALLOWED, (dy, mask))
        yield Gradient(added, KEEP_ALLOWED, (dy, mask))


class MaskPlusShared(MaskPlus):
    """The same, where one matrix is added in every head."""

    axes = "hij . ij -> hij"

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """The matrix went into every head: its gradient is the sum of theirs."""
        scores, mask, added = args
        yield Gradient(scores, KEEP_ALLOWED, (dy, mask))
        yield Gradient(added, SUM_ALLOWED, (dy, mask))


class KeepAllowed(LinearOp):
    """The matrix where a token may look, 0 elsewhere."""

    reuses = 0
    axes = "*ij . -> *ij"

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


class SumAllowed(LinearOp):
    """The sum of all heads' matrices where a token may look, 0 elsewhere."""

    axes = "hij . -> ij"

    def text(self, *args: str) -> str:
        return f"sum over the heads of {args[0]}, 0 where masked"

    def value(self, a: Array, mask: Mask) -> Array:
        total: Array = KEEP_ALLOWED.value(a, mask).sum(axis=0)
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a = args[0].value
        return Sum(tuple(KEEP_ALLOWED.cell((h, *index), *args) for h in range(len(a))))


def softmax(scores: Array) -> Array:
    """Softmax of each row: e^s over the row's sum of e^s; zeros where a whole row is −∞."""
    weights = np.empty_like(scores)
    write_softmax(weights, scores)
    return weights


def write_softmax(out: Array, scores: Array) -> None:
    """Write each row's softmax into ``out``.

    The row's maximum is taken off first: it changes nothing and keeps e^s finite.
    """
    top: Array = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)
    np.subtract(scores, top, out=out)
    np.exp(out, out=out)
    total = np.add.reduce(out, axis=-1, keepdims=True)
    out /= np.maximum(total, 1)  # the maximum alone gives 1; where all is −∞, the total is 0


def softmax_cell(
    index: tuple[int, ...],
    scores: Operand,
    *,
    sink: Expression | None = None,
    hidden: bool = False,
    lowered: bool = False,
) -> Expression:
    """Write e^s over the sum of its row's e^s; masked cells have no part in it.

    A masked one is 0; ``hidden`` writes e^−∞ over that sum. ``lowered``: with the row's largest score taken
    off each first, as is done in any case where e^s is beyond the largest number. A ``sink`` is one more
    score of the row, and its own share is that of the cell behind the last.
    """
    *row, k = index
    numbers = scores.value[tuple(row)]
    seen = np.flatnonzero(~np.isneginf(numbers)).tolist()
    terms = {i: scores.at(*row, i) for i in seen} | ({} if sink is None else {len(numbers): sink})
    if k not in terms and not (hidden and seen):
        return Number(0.0)
    sizes = {i: value_of(term) for i, term in terms.items()}
    top = max(sizes, key=lambda i: sizes[i])
    needed = lowered or max(abs(sizes[i]) for i in (top, k) if i in sizes) > SAFE
    powers = {i: exp(minus(term, terms[top]) if needed else term) for i, term in terms.items()}
    return Quotient(powers.get(k) or exp(scores.at(*index)), Sum(tuple(powers.values())))


class Softmax(Op):
    """softmax(B), along each row."""

    written: ClassVar[Mapping[str, str]] = {"softmax({})": "0"}

    reuses = 0

    def value(self, scores: Array) -> Array:
        return softmax(scores)

    def write(self, out: Array, scores: Array) -> None:
        write_softmax(out, scores)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0])

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0], hidden=True)

    def below_the_largest(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write one cell out with the row's largest score taken off each first."""
        return softmax_cell(index, args[0], lowered=True)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], SOFTMAX_GRADIENT, (y, dy))


class SoftmaxGradient(Op):
    """(*) summed over each row: dB_k = Σ_i dA_i·∂a_i/∂b_k.

    ∂a_i/∂b_k is a_i(1 − a_i) where i = k and −a_i·a_k elsewhere; so the sum is
    a_k·(dA_k − Σ_i a_i·dA_i).
    """

    reuses = 1
    axes = "*ij *ij -> *ij"

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


class SoftmaxSink(Op):
    """softmax(B, s): a head's s is one more score in each of its rows, and has no value to go with it."""

    written: ClassVar[Mapping[str, str]] = {"softmax({}, {})": "0 1"}
    axes = "*ij h -> *ij"
    why = N_("a sink is one number a head: a list of h numbers, or [x] where there is one head")

    def value(self, scores: Array, sinks: Array) -> Array:
        powers, total, _ = sink_powers(scores, sinks)
        weights: Array = powers / total
        return weights

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0], sink=sink_of(index, *args))

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0], sink=sink_of(index, *args), hidden=True)

    def below_the_largest(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write one cell out with the row's largest score taken off each first; it may be the sink's."""
        return softmax_cell(index, args[0], sink=sink_of(index, *args), lowered=True)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """The scores' gradient is that of a softmax, for the sink's own weight meets no value: da_s = 0."""
        scores, sinks = args
        yield Gradient(scores, SOFTMAX_GRADIENT, (y, dy))
        yield Gradient(sinks, SINK_GRADIENT, (y, dy, scores, sinks))


class SinkGradient(Op):
    """ds = −Σ a_s·Σ_i a_i·dA_i over a head's rows, for ∂a_i/∂s = −a_s·a_i, where a_s is the sink's share."""

    axes = "*ij *ij *ij h -> h"

    def text(self, *args: str) -> str:
        a, da, scores, sinks = args
        return f"−Σ a_s·rowsum({a}∘{da}), a_s = e^{sinks}/(rowsum(e^{scores}) + e^{sinks})"

    def value(self, a: Array, da: Array, scores: Array, sinks: Array) -> Array:
        _, total, power = sink_powers(scores, sinks)
        shares = (power / total)[..., 0] * (a * da).sum(axis=-1)
        gradient: Array = -shares.sum(axis=-1).reshape(sinks.shape)
        return gradient

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the sum comes to without its signs, and the error of dA."""
        a, da, scores, sinks = args
        size = -self.value(a, np.abs(da), scores, sinks)
        lost = errors(1)
        return size if lost is None else np.hypot(size, self.value(a, lost, scores, sinks))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, da, scores, sinks = args
        n, m = a.value.shape[-2:]
        heads = index if a.value.ndim > 2 else ()  # noqa: PLR2004 - heads come first
        return Negative(
            Sum(
                tuple(
                    Product(
                        (
                            softmax_cell((*heads, i, m), scores, sink=sinks.at(*index)),
                            Sum(tuple(Product((a.at(*heads, i, k), da.at(*heads, i, k))) for k in range(m))),
                        )
                    )
                    for i in range(n)
                )
            )
        )


def sink_powers(scores: Array, sinks: Array) -> tuple[Array, Array, Array]:
    """Return e^score, each row's sum with its sink, and e^sink; the row's largest is taken off first."""
    sink = sinks.reshape(-1, 1, 1) if scores.ndim > 2 else sinks  # noqa: PLR2004 - heads come first
    top = np.maximum(scores.max(axis=-1, keepdims=True), sink)
    powers, power = np.exp(scores - top), np.exp(sink - top)
    return powers, powers.sum(axis=-1, keepdims=True) + power, power


def sink_of(index: tuple[int, ...], scores: Operand, sinks: Operand) -> Expression:
    """Return the sink of a cell's head: the first where there is one head."""
    return sinks.at(index[0] if scores.value.ndim > 2 else 0)  # noqa: PLR2004 - heads come first


MASK_OUT, KEEP_ALLOWED, SUM_ALLOWED = MaskOut(), KeepAllowed(), SumAllowed()
MASK_PLUS, MASK_PLUS_SHARED = MaskPlus(), MaskPlusShared()
SOFTMAX, SOFTMAX_GRADIENT = Softmax(), SoftmaxGradient()
SOFTMAX_SINK, SINK_GRADIENT = SoftmaxSink(), SinkGradient()
