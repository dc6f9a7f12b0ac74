"""Arithmetic that is on no page, but on many a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attncli.language import _
from attncli.ops.expression import Number
from attncli.ops.loss import counted
from attncli.ops.op import Array, Op
from attncli.ops.softmax import softmax

if TYPE_CHECKING:
    from collections.abc import Callable

    from attncli.ops.expression import Expression
    from attncli.ops.mask import Mask
    from attncli.ops.op import Operand
    from attncli.page.page import Page


Allowed = NDArray[np.bool_]

if TYPE_CHECKING:
    Function = Callable[..., Array]
    Entry = tuple[str, Op, tuple[str, ...]]


class Wrong(Op):
    """An operation that somebody did instead of the right one: its text and its NumPy function."""

    def __init__(self, text: str, function: Callable[..., Array], around: str = "{}") -> None:
        self.template = text
        self.function = function
        self.around = around

    def text(self, *args: str) -> str:
        """Put the arguments' names into the text, in which they are {0}, {1} and so on."""
        return self.around.format(_(self.template).format(*args))

    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Do what they did."""
        return self.function(*args)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Give the number alone."""
        return Number(float(self.function(*(operand.value for operand in args))[index]))


class Times(Wrong):
    """The right operation's result times a number: a loss with another base, sign or divisor."""

    def __init__(self, text: str, op: Op, factor: float) -> None:
        super().__init__(text, lambda *args: factor * op.value(*args))
        self.op, self.factor = op, factor

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Do what they did, with numbers that were rounded on the way."""
        return np.asarray(self.factor * self.op.on_paper(*args))


def swap(matrix: Array) -> Array:
    """Transpose each head."""
    return matrix.swapaxes(-1, -2)


def masked_with(change: Callable[[Allowed], Allowed]) -> Callable[..., Array]:
    """Mask the scores, with a mask that has been changed."""

    def masked(scores: Array, mask: Mask, added: Array | None = None) -> Array:
        allowed = change(mask.allowed(*scores.shape[-2:]))
        total = scores if added is None else scores + added
        return np.where(allowed, total, -np.inf)

    return masked


def other_triangle(allowed: Allowed) -> Allowed:
    """Keep the other triangle of a mask that is one; nothing else has one."""
    lower = np.tri(allowed.shape[-1], dtype=np.bool_)
    if allowed.shape[-1] != allowed.shape[-2] or np.any(allowed & ~lower):
        raise ValueError("this mask is no triangle")
    return allowed.swapaxes(-1, -2)


def without_diagonal(allowed: Allowed) -> Allowed:
    """Mask the diagonal as well."""
    off_diagonal: Allowed = np.eye(*allowed.shape[-2:], dtype=np.bool_) == 0
    return allowed & off_diagonal


def filled_with_zero(scores: Array, mask: Mask, added: Array | None = None) -> Array:
    """Put 0 where −∞ belongs."""
    total = scores if added is None else scores + added
    return np.where(mask.allowed(*scores.shape[-2:]), total, 0.0)


def masked_behind(scores: Array, mask: Mask, added: Array | None = None) -> Array:
    """Take the softmax first and put zeros into it then."""
    weights = softmax(scores if added is None else scores + added)
    return np.where(mask.allowed(*scores.shape[-2:]), weights, 0.0)


def causal(scores: Array) -> Array:
    """Mask what nobody asked to be masked."""
    n, m = scores.shape[-2:]
    return np.where(np.tri(n, m, dtype=bool), scores, -np.inf)


def seen(scores: Array) -> Array:
    """Leave masked scores out of a sum."""
    return np.where(np.isneginf(scores), 0.0, scores)


def by_column(scores: Array) -> Array:
    """Softmax down each column."""
    return swap(softmax(swap(scores).copy()))


def of_the_whole(scores: Array) -> Array:
    """Divide each e^B by the sum of the whole matrix."""
    powers = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
    whole: Array = powers / powers.sum(axis=(-2, -1), keepdims=True)
    return whole


def share_of_row(scores: Array) -> Array:
    """Divide each number by its row's sum."""
    shares: Array = seen(scores) / seen(scores).sum(axis=-1, keepdims=True)
    return shares


def only_largest(scores: Array) -> Array:
    """Put 1 at the first of the largest, 0 elsewhere."""
    first: Array = np.eye(scores.shape[-1])[scores.argmax(axis=-1)]
    return first


def interleaved(matrix: Array, heads: int) -> Array:
    """Let head i take the columns i, i+h, i+2h and so on."""
    n, width = matrix.shape
    return np.moveaxis(matrix.reshape(n, width // heads, heads), -1, 0)


def interleave(heads_of: Array, _heads: int) -> Array:
    """Take the first column of every head, then the second of every head, and so on."""
    heads, n, width = heads_of.shape
    return heads_of.transpose(1, 2, 0).reshape(n, heads * width)


def stacked(heads_of: Array, _heads: int) -> Array:
    """Put the heads below each other."""
    return heads_of.reshape(-1, heads_of.shape[-1])


def reverse(heads_of: Array, heads: int) -> Array:
    """Put the heads beside each other, the last one first."""
    _, n, width = heads_of.shape
    return heads_of[::-1].swapaxes(0, 1).reshape(n, heads * width)


def in_every_head(q: Array, k_transposed: Array, heads: int) -> Array:
    """Multiply at full width, the same in every head."""
    product = q @ k_transposed
    return np.broadcast_to(product, (heads, *product.shape))


def interleaved_scores(q: Array, k: Array, heads: int) -> Array:
    """Q·Kᵀ of heads that were cut the wrong way."""
    return interleaved(q, heads) @ swap(interleaved(k, heads))


def same_shape(function: Function) -> Function:
    """Do it only to matrices of one shape."""

    def careful(one: Array, other: Array) -> Array:
        if one.shape != other.shape:
            raise ValueError("the shapes differ")
        return function(one, other)

    return careful


def sum_of_products(*args: Array) -> Array:
    """One product for each pair of arguments, and their sum."""
    products = [one @ other for one, other in zip(args[::2], args[1::2], strict=True)]
    return np.sum(products, axis=0)  # type: ignore[no-any-return]


def positive_only(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
    """Leave the other half of −Σ[Y·ln P + (1−Y)·ln(1−P)] out."""
    return np.asarray(-counted(np.where(y == 0, 0.0, y * np.log(np.where(y == 0, 1.0, p))), y).sum() / n)


def squares(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
    """Sum the squared differences."""
    return np.asarray((counted(p - y, y) ** 2).sum() / n)


def exchanged(two_sided: bool, p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:  # noqa: FBT001
    """The cross-entropy with P and Y in each other's place; infinite where a Y is 0."""
    terms = p * np.log(y) + ((1 - p) * np.log(1 - y) if two_sided else 0.0)
    return np.asarray(-counted(terms, y).sum() / n)


def sigmoid_again(p: Array, y: Array, n: float = 1.0) -> Array:
    """Go back through the sigmoid once more than there is one."""
    return counted((p - y) * p * (1 - p) / n, y)


def minus_sum(axis: int | tuple[int, ...]) -> Function:
    """A∘(dA − the sum of A∘dA), along another axis than the row."""
    return lambda a, g: a * (g - (a * g).sum(axis=axis, keepdims=True))


def whole(page: Page) -> tuple[str, str, str]:
    """Tell what the scores and the output are made of: Q, K and V, or their heads."""
    q, k, v = (f"{name}h" if f"{name}h" in page.row else name for name in "QKV")
    return q, k, v


def without(one: str, *names: str) -> list[str]:
    """Return the other names."""
    return [name for name in names if name != one]


def divided(text: str, number: float) -> Wrong:
    """Divide by another number."""
    return Wrong(text, lambda s: s / number)


def softmax_of(function: Function) -> Function:
    """Take the softmax of what a function gives."""
    return lambda *args: softmax(function(*args))
