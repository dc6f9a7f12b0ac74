"""Arithmetic that is on no page, but on many a sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attncli.language import _
from attncli.ops.cross_entropy import BCE
from attncli.ops.expression import Number
from attncli.ops.linear import ADD, DIVIDE, MULTIPLY
from attncli.ops.loss import COPY, counted
from attncli.ops.op import Array, Op
from attncli.ops.softmax import softmax

if TYPE_CHECKING:
    from attncli.ops.expression import Expression
    from attncli.ops.mask import Mask
    from attncli.ops.op import Operand
    from attncli.page.page import Row


Allowed = NDArray[np.bool_]
Function = Callable[..., Array]


class Wrong(Op):
    """An operation in the place of the right one: its text and its NumPy function.

    ``text`` holds {0}, {1}, … for the arguments' names, or makes the text from them. A last argument N
    divides, which the text need not say. ``paper``: the function for numbers rounded on the way, where it
    is another.
    """

    def __init__(
        self, text: str | Callable[..., str], function: Function, paper: Function | None = None
    ) -> None:
        self.template = text
        self.function = function
        self.paper = paper or function

    def text(self, *args: str) -> str:
        """Write what was computed, from the names of what went into it."""
        if callable(self.template):
            return self.template(*args)
        text = _(self.template).format(*args)
        return f"{text}/N" if args[-1:] == ("N",) else text

    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it."""
        return self.function(*args)

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it from numbers that were rounded on the way."""
        return self.paper(*args)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Give the number alone."""
        return Number(float(self.function(*(operand.value for operand in args))[index]))

    def given(self, sizes: tuple[int, ...]) -> Wrong:
        """Return the same operation with these sizes as its last arguments."""
        function, paper = self.function, self.paper
        return Wrong(self.template, lambda *a: function(*a, *sizes), lambda *a: paper(*a, *sizes))


# What is made from the right row


def same(right: Row) -> Op:
    """Return the right operation: what goes into it is wrong."""
    return right.op


def inverse(right: Row) -> Op:
    """Multiply where it should be divided, and the other way round."""
    return MULTIPLY if right.op is DIVIDE else DIVIDE


def rest(right: Row) -> Op:
    """Add up all arguments but one: that may leave a single one."""
    return ADD if len(right.args) > 2 else COPY  # noqa: PLR2004 - of two, one is left


def one_of_three(right: Row) -> Op | None:
    """Take one path alone; where there are only two, that is leaving out the other."""
    return COPY if len(right.args) > 2 else None  # noqa: PLR2004


def of_negative(right: Row) -> Op:
    """Turn the sign of what goes in."""
    return Wrong(lambda arg: right.op.text(f"−{arg}"), lambda arg: right.op.value(-arg))


def negative(right: Row) -> Op:
    """Turn the sign of the gradient at the output."""

    def text(*args: str) -> str:
        if "Y" not in args:
            return f"−{right.op.text(*args)}"
        output, target, *n = args
        return last_form(right.op.text(target, output, *n))

    return Wrong(text, lambda *args: -right.op.value(*args))


def over_n(right: Row) -> Op:
    """Divide by the number of tokens, the last argument, what is divided by N or not at all."""
    return Wrong(lambda *args: last_form(right.op.text(*args, "n")), right.op.value, right.op.on_paper)


def times(factor: float, change: Callable[[str], str]) -> Callable[[Row], Op]:
    """Multiply the right result: a loss with another sign or base; ``change`` does so to its text."""

    def multiplied(right: Row) -> Op:
        return Wrong(
            lambda *args: change(right.op.text(*args)),
            lambda *args: np.asarray(factor * right.op.value(*args)),
            lambda *args: np.asarray(factor * right.op.on_paper(*args)),
        )

    return multiplied


def last_form(text: str) -> str:
    """Return the simplest form of what is derived in several steps: P − Y."""
    return text.rsplit(" = ", maxsplit=1)[-1]


# Scale, mask and softmax


def by(size: str) -> Op:
    """Divide by a size itself."""
    return Wrong(f"{{0}}/{size}", np.divide)


def by_root(size: str) -> Op:
    """Divide by the root of a size."""
    return Wrong(f"{{0}}/√{size}", lambda scores, number: scores / np.sqrt(number))


def masked(change: Callable[[Array, Allowed], Array]) -> Function:
    """Do something to the scores, with what the mask adds to them, knowing where one may look."""
    return lambda scores, mask, added=0.0: change(scores + added, mask.allowed(*scores.shape[-2:]))


def hide(scores: Array, allowed: Allowed) -> Array:
    """Put −∞ where one may not look."""
    return np.where(allowed, scores, -np.inf)


def other_triangle(scores: Array, allowed: Allowed) -> Array:
    """Keep the other triangle of a mask that is one; nothing else has one."""
    n, m = allowed.shape[-2:]
    if n != m or np.any(allowed & ~np.tri(m, dtype=np.bool_)):
        raise ValueError("this mask is no triangle")
    return hide(scores, allowed.swapaxes(-1, -2))


def off_diagonal(scores: Array, allowed: Allowed) -> Array:
    """Hide the diagonal as well."""
    return hide(scores, allowed & ~np.eye(*allowed.shape[-2:], dtype=np.bool_))


def causal(scores: Array) -> Array:
    """Mask what nobody asked to be masked."""
    return hide(scores, np.tri(*scores.shape[-2:], dtype=np.bool_))


def softmax_of(function: Function) -> Function:
    """Take the softmax of what a function gives."""
    return lambda *args: softmax(function(*args))


def unscaled(scores: Array, mask: Mask | None = None, added: Array | float = 0.0) -> Array:
    """Take the softmax of the scores as they are, masked where there is a mask."""
    return softmax(scores if mask is None else hide(scores + added, mask.allowed(*scores.shape[-2:])))


def unscaled_text(scores: str, *mask: str) -> str:
    """Write that softmax."""
    return f"softmax(mask({scores}))" if mask else f"softmax({scores})"


def scaled_later(*args: Any) -> Array:  # noqa: ANN401 - scores, a mask perhaps, and d_k
    """Divide that softmax by √d_k, the last argument's root."""
    *scores, d_k = args
    return unscaled(*scores) / float(np.sqrt(d_k))


def by_column(scores: Array) -> Array:
    """Take the softmax down each column."""
    return softmax(scores.swapaxes(-1, -2).copy()).swapaxes(-1, -2)


def of_the_whole(scores: Array) -> Array:
    """Divide each e^B by the sum of the whole matrix."""
    powers = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
    whole: Array = powers / powers.sum(axis=(-2, -1), keepdims=True)
    return whole


def share_of_row(scores: Array) -> Array:
    """Divide each number by its row's sum, in which masked scores do not count."""
    seen = np.where(np.isneginf(scores), 0.0, scores)
    shares: Array = seen / along_rows(seen)
    return shares


def only_largest(scores: Array) -> Array:
    """Put 1 at the first of the largest, 0 elsewhere."""
    first: Array = np.eye(scores.shape[-1])[scores.argmax(axis=-1)]
    return first


# Heads and output


def interleaved(matrix: Array, heads: int) -> Array:
    """Let head i take the columns i, i+h, i+2h and so on."""
    n, width = matrix.shape
    return np.moveaxis(matrix.reshape(n, width // heads, heads), -1, 0)


def interleaved_scores(q: Array, k: Array, heads: int) -> Array:
    """Compute Q·Kᵀ of heads that were cut so."""
    return interleaved(q, heads) @ interleaved(k, heads).swapaxes(-1, -2)


def in_every_head(q: Array, k_transposed: Array, heads: int) -> Array:
    """Multiply at full width, the same in every head."""
    product = q @ k_transposed
    return np.broadcast_to(product, (heads, *product.shape))


def interleave(heads: Array) -> Array:
    """Take the first column of every head, then the second of every head, and so on."""
    return heads.transpose(1, 2, 0).reshape(heads.shape[1], -1)


def stack(heads: Array) -> Array:
    """Put the heads below each other."""
    return heads.reshape(-1, heads.shape[-1])


def reverse(heads: Array) -> Array:
    """Put the heads beside each other, the last one first."""
    return heads[::-1].swapaxes(0, 1).reshape(heads.shape[1], -1)


def by_cell(a: Array, v: Array) -> Array:
    """Multiply cell by cell, where the shapes are the same."""
    if a.shape != v.shape:
        raise ValueError("the shapes differ")
    return a * v


# Losses, of P and Y; a row of the target that is blank does not count


def positive_only(right: Row) -> Op | None:
    """Leave the other half of −Σ[Y·ln P + (1−Y)·ln(1−P)] out."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = np.where(y == 0, 0.0, y * np.log(np.where(y == 0, 1.0, p)))
        return np.asarray(-counted(terms, y).sum() / n)

    return Wrong("−Σ {1}·ln {0}", function) if right.op is BCE else None


def squares(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
    """Sum the squared differences."""
    return np.asarray((counted(p - y, y) ** 2).sum() / n)


def exchanged(right: Row) -> Op:
    """Take the cross-entropy with P and Y in each other's place; infinite where a Y is 0."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = p * np.log(y) + ((1 - p) * np.log(1 - y) if right.op is BCE else 0.0)
        return np.asarray(-counted(terms, y).sum() / n)

    return Wrong(lambda p, y, o, *n: right.op.text(y, p, o, *n), function)


def sigmoid_again(p: Array, y: Array, n: float = 1.0) -> Array:
    """Go back through the sigmoid once more than there is one."""
    return counted((p - y) * p * (1 - p) / n, y)


# Gradients


def along_rows(matrix: Array) -> Array:
    """Sum each row, as a column."""
    total: Array = matrix.sum(axis=-1, keepdims=True)
    return total


def minus_sum(axis: int | tuple[int, ...]) -> Function:
    """A∘(dA − the sum of A∘dA), along another axis than the row."""
    return lambda a, g: a * (g - (a * g).sum(axis=axis, keepdims=True))


def step(eta: float) -> Op:
    """Update the weight by so much of its gradient."""
    sign = "−" if eta < 0 else "+"
    return Wrong(f"{{2}} {sign} {abs(eta):g}·{{0}}·{{1}}", lambda x, g, w: w + eta * (x @ g))


STEPS = tuple(step(sign * eta) for eta in (1.0, 0.5, 0.1, 0.05, 0.01, 0.001) for sign in (-1, 1))


def sum_of_products(*args: Array) -> Array:
    """Multiply each pair of arguments, and add up."""
    products = [one @ other for one, other in zip(args[::2], args[1::2], strict=True)]
    return np.sum(products, axis=0)  # type: ignore[no-any-return]


def sum_text(*args: str) -> str:
    """Write that sum."""
    return " + ".join(f"{one}·{other}" for one, other in zip(args[::2], args[1::2], strict=True))
