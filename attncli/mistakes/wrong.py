"""Wrong operations: arithmetic that is on no page, but on many a sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attncli.language import N_, _
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


def unscaled(scores: Array, mask: Mask | None = None, added: Array | float = 0.0) -> Array:
    """Take the softmax of the scores as they are, masked where there is a mask."""
    return softmax(scores if mask is None else hide(scores + added, mask.allowed(*scores.shape[-2:])))


def unscaled_text(scores: str, *mask: str) -> str:
    """Write that softmax."""
    return f"softmax(mask({scores}))" if mask else f"softmax({scores})"


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


OTHER_TRIANGLE = Wrong(N_("the other triangle of {0}"), masked(other_triangle))
ZERO_FILLED = Wrong(N_("{0}, 0 where masked"), masked(lambda s, allowed: np.where(allowed, s, 0.0)))
OFF_DIAGONAL = Wrong(
    N_("mask({0}), the diagonal as well"),
    masked(lambda s, allowed: hide(s, allowed & ~np.eye(*s.shape[-2:], dtype=np.bool_))),
)
MASKED_LATER = Wrong(
    N_("softmax({0}), then 0 where masked"), masked(lambda s, allowed: np.where(allowed, softmax(s), 0.0))
)
CAUSAL = Wrong("softmax(mask({0}))", lambda b: softmax(hide(b, np.tri(*b.shape[-2:], dtype=np.bool_))))
SCALED_LATER = Wrong(
    lambda *args: f"{unscaled_text(*args)}/√d_k", lambda *args: unscaled(*args[:-1]) / np.sqrt(args[-1])
)
BY_COLUMN = Wrong(
    N_("softmax of each column of {0}"), lambda b: softmax(b.swapaxes(-1, -2).copy()).swapaxes(-1, -2)
)
OF_THE_WHOLE = Wrong(N_("e^{0}/(the sum of the whole matrix)"), of_the_whole)
ONLY_LARGEST = Wrong(
    N_("1 at the largest of each row of {0}, else 0"), lambda b: np.eye(b.shape[-1])[b.argmax(axis=-1)]
)


# Heads and output


def interleaved(matrix: Array, heads: int) -> Array:
    """Let head i take the columns i, i+h, i+2h and so on."""
    n, width = matrix.shape
    return np.moveaxis(matrix.reshape(n, width // heads, heads), -1, 0)


def by_cell(a: Array, v: Array) -> Array:
    """Multiply cell by cell, where the shapes are the same."""
    if a.shape != v.shape:
        raise ValueError("the shapes differ")
    return a * v


IN_EVERY_HEAD = Wrong(N_("{0}·{1} in every head"), lambda q, k, heads: np.stack([q @ k] * heads))
INTERLEAVED_SPLIT = Wrong(N_("split({0}), interleaved"), interleaved)
INTERLEAVED_SCORES = Wrong(
    N_("split({0})·split({1})ᵀ, interleaved"),
    lambda q, k, heads: interleaved(q, heads) @ interleaved(k, heads).swapaxes(-1, -2),
)
INTERLEAVED_HEADS = Wrong(
    N_("{0}'s columns interleaved"), lambda h: h.transpose(1, 2, 0).reshape(h.shape[1], -1)
)
REVERSED = Wrong(N_("concat({0}), the last head first"), lambda h: np.concatenate(h[::-1], axis=-1))
STACKED = Wrong(N_("{0}'s heads below each other"), lambda h: h.reshape(-1, h.shape[-1]))


# Losses, of P and Y; a row of the target that is blank does not count


def positive_only(right: Row) -> Op | None:
    """Leave the other half of −Σ[Y·ln P + (1−Y)·ln(1−P)] out."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = np.where(y == 0, 0.0, y * np.log(np.where(y == 0, 1.0, p)))
        return np.asarray(-counted(terms, y).sum() / n)

    return Wrong("−Σ {1}·ln {0}", function) if right.op is BCE else None


def exchanged(right: Row) -> Op:
    """Take the cross-entropy with P and Y in each other's place; infinite where a Y is 0."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = p * np.log(y) + ((1 - p) * np.log(1 - y) if right.op is BCE else 0.0)
        return np.asarray(-counted(terms, y).sum() / n)

    return Wrong(lambda p, y, o, *n: right.op.text(y, p, o, *n), function)


SQUARES = Wrong("Σ({0} − {1})²", lambda p, y, _o, n=1.0: np.asarray((counted(p - y, y) ** 2).sum() / n))


# Gradients


def along_rows(matrix: Array) -> Array:
    """Sum each row, as a column."""
    total: Array = matrix.sum(axis=-1, keepdims=True)
    return total


SIGMOID_AGAIN = Wrong("({0} − {1})∘{0}∘(1−{0})", lambda p, y, n=1.0: counted((p - y) * p * (1 - p) / n, y))
ROW_SUM = Wrong("{0}∘({1} − rowsum({1}))", lambda a, g: a * (g - along_rows(g)))
ROW_MEAN = Wrong("{0}∘({1} − rowmean({1}))", lambda a, g: a * (g - g.mean(axis=-1, keepdims=True)))
COLUMN_SUM = Wrong("{0}∘({1} − colsum({0}∘{1}))", lambda a, g: a * (g - (a * g).sum(-2, keepdims=True)))
WHOLE_SUM = Wrong("{0}∘({1} − sum({0}∘{1}))", lambda a, g: a * (g - (a * g).sum((-2, -1), keepdims=True)))
OUTER_A_LOST = Wrong("{1} − rowsum({0}∘{1})", lambda a, g: g - along_rows(a * g))


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
