"""Wrong operations from the scores to the output, as they are met in code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_, _
from attncli.mistakes.wrong import (
    Allowed,
    Function,
    Wrong,
    along_rows,
    by,
    hidden,
    hide,
    like_right,
    linear,
    masked,
    need,
    plain_softmax,
)
from attncli.ops.linear import COPY, DIVIDE, MATMUL
from attncli.ops.op import Array, Gradient, Op
from attncli.ops.softmax import KEEP_ALLOWED, SOFTMAX_GRADIENT, softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from attncli.page.page import Row


# Scale

BY_WIDTH = linear("{0}/√(h·d_k)", lambda scores, heads, d_k: scores / np.sqrt(heads * d_k))
BY_HEADS = linear("{0}/√h", lambda scores, heads: scores / np.sqrt(heads))


def compounded(right: Row) -> Op:
    """Scale the scores of head i i times: the scaled ones are scaled again for the next head."""

    def function(scores: Array, number: float, heads: int) -> Array:
        return right.op.value(scores, number ** np.arange(1.0, heads + 1)[:, None, None])

    return linear(
        N_("{0}/({1})^i in head i") if right.op is DIVIDE else N_("{0}·({1})^i in head i"), function
    )


# Mask: functions of the mask are given it true where one may look


def filled(text: str, number: float) -> Wrong:
    """Put a number where one may not look; no gradient goes through it."""
    return Wrong(text, masked(lambda s, allowed: np.where(allowed, s, number)), back=by(KEEP_ALLOWED, "dy 1"))


def added(text: str, number: float, *, to: bool) -> Wrong:
    """Add a number where one may look, or where one may not: the gradient goes through all cells."""
    return Wrong(text, masked(lambda s, allowed: s + number * (allowed == to)), back=by(COPY, "dy"))


def remade(text: str, change: Callable[[Allowed], Allowed]) -> Wrong:
    """Hide what another mask hides, which is made from the right one."""
    return hidden(text, masked(lambda s, allowed: hide(s, change(allowed))))


def lowered(text: str, change: Callable[[Allowed], Allowed]) -> Wrong:
    """Lower what another mask hides by 10⁹: where that is a whole row, its weights are as without a mask."""
    return Wrong(text, masked(lambda s, allowed: s - 1e9 * ~change(allowed)), back=by(COPY, "dy"))


def square(allowed: Allowed) -> Allowed:
    """Return a mask in which queries and keys can be exchanged."""
    need(allowed.shape[-2] == allowed.shape[-1])
    return allowed


def turned(allowed: Allowed) -> Allowed:
    """Exchange queries and keys."""
    return square(allowed).mT


def moved_on(allowed: Allowed) -> Allowed:
    """Move a mask by one key; the first key is seen by all."""
    return np.concatenate([np.ones_like(allowed[..., :1]), allowed[..., :-1]], axis=-1)


def same_flag(allowed: Allowed) -> Allowed:
    """Make a mask of which tokens anybody may look at: those see each other, and so do the others."""
    seen = np.asarray(square(allowed).any(axis=-2))
    return ~(seen[..., :, None] ^ seen[..., None, :])


def in_one_head(which: int) -> Function:
    """Mask the scores of one head alone."""

    def change(scores: Array, allowed: Allowed) -> Array:
        need(scores.ndim > 2)  # noqa: PLR2004 - heads, queries, keys
        found = scores.copy()
        found[which] = hide(scores, allowed)[which]
        return found

    return masked(change)


def causal(scores: Array) -> Array:
    """Hide later keys, whatever the mask is."""
    return hide(scores, np.tri(*scores.shape[-2:], dtype=np.bool_))


INVERTED = (
    remade(N_("{0} where masked, −∞ elsewhere"), np.logical_not),
    lowered(N_("{0}, −1e9 added where one may look"), np.logical_not),
)
SIGN = (added(N_("{0}, 1e9 added where masked"), 1e9, to=False), filled(N_("{0}, 1e9 where masked"), 1e9))
TINY_FILL = (filled(N_("{0}, −1e-9 where masked"), -1e-9), filled(N_("{0}, 1e-9 where masked"), 1e-9))
ADDED_01 = (
    added(N_("{0}, 1 added where one may look"), 1.0, to=True),
    added(N_("{0}, 1 added where masked"), 1.0, to=False),
)
SMALL_FILL = (
    filled(N_("{0}, −1e4 where masked"), -1e4),
    filled(N_("{0}, −1e3 where masked"), -1e3),
    filled(N_("{0}, −1e2 where masked"), -1e2),
    added(N_("{0}, −1e4 added where masked"), -1e4, to=False),
)
TRANSPOSED = (
    remade(N_("mask({0}), the mask transposed"), turned),
    lowered(N_("{0}, −1e9 added by the mask transposed"), turned),
)
ONE_ROW = (
    remade(N_("mask({0}), the last row for every query"), lambda allowed: allowed[..., -1:, :]),
    remade(N_("mask({0}), the first row for every query"), lambda allowed: allowed[..., :1, :]),
)
ONE_TOO_FAR = remade(N_("mask({0}), moved by one key"), moved_on)
ONE_HEAD = (
    hidden(N_("mask({0}) in the first head alone"), in_one_head(0)),
    hidden(N_("mask({0}) in the last head alone"), in_one_head(-1)),
)
SAME_FLAG = remade(N_("mask({0}), the same where both tokens are seen or both not"), same_flag)
ALWAYS_CAUSAL = hidden("causal({0})", causal)


# The weights, worked out again on the way back from scores that were masked otherwise


def again(text: Callable[..., str], change: Function) -> tuple[Op, Op]:
    """Return Aᵀ·dH and the softmax's gradient, of z, what arrives, and what the mask adds."""
    dv = Wrong(
        lambda z, g, *bias: f"softmax({text(z, *bias)})ᵀ·{g}",
        lambda z, g, *bias: softmax(change(z, *bias)).mT @ g,
    )
    db = Wrong(
        lambda z, g, *bias: SOFTMAX_GRADIENT.text(f"softmax({text(z, *bias)})", g),
        lambda z, g, *bias: SOFTMAX_GRADIENT.value(softmax(change(z, *bias)), g),
    )
    return dv, db


DV_UNMASKED, DB_UNMASKED = again(lambda *terms: " + ".join(terms), lambda *terms: sum(terms[1:], terms[0]))
DV_CAUSAL, DB_CAUSAL = again(ALWAYS_CAUSAL.text, causal)


# Softmax


def over_one_more(scores: Array) -> Array:
    """Divide e^B by its row's sum and 1."""
    powers: Array = np.exp(scores)
    powers /= 1 + along_rows(powers)
    return powers


def top(scores: Array) -> Array:
    """Return each row's largest number, and the least there is where all is −∞."""
    largest: Array = scores.max(axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)
    return largest


def over_one_more_below(scores: Array) -> Array:
    """Divide so what is e^(B − the row's maximum)."""
    return over_one_more(scores - top(scores))


def one_more_gradient(scores: Array, weights: Array, g: Array) -> Array:
    """Go back through it: the maximum counts as well, for the 1 is not divided by e to its power."""
    total = along_rows(weights * g)
    gradient = weights * (g - total)
    largest = scores.argmax(axis=-1, keepdims=True)
    at = np.take_along_axis(gradient - weights * total, largest, axis=-1)
    np.put_along_axis(gradient, largest, at, axis=-1)
    return gradient


def crossed_sums(scores: Array) -> Array:
    """Divide e^(B − the row's maximum) by the sum of the row that has the number of its column."""
    need(scores.shape[-2] == scores.shape[-1])
    powers: Array = np.exp(scores - top(scores))
    powers /= along_rows(powers).mT
    return powers


def crossed_gradient(scores: Array, weights: Array, g: Array) -> Array:
    """Go back through it: the maximum counts as well, for two rows have two of them."""
    parts = weights * g
    columns = parts.sum(axis=-2, keepdims=True).mT
    gradient: Array = parts - softmax(scores) * columns
    largest = scores.argmax(axis=-1, keepdims=True)
    at = np.take_along_axis(gradient, largest, axis=-1) + columns - along_rows(parts)
    np.put_along_axis(gradient, largest, at, axis=-1)
    return gradient


def less(text: str, shift: Function) -> Wrong:
    """Take the softmax with something else than the row's maximum subtracted, or with nothing."""
    return Wrong(text, lambda b: plain_softmax(b, shift(b)), back=by(SOFTMAX_GRADIENT, "y dy"))


OF_ONE = Wrong(
    "e^{0}/e^{0}",
    lambda b: np.where(np.isneginf(b), np.nan, 1.0),
    lambda b: np.where(np.isneginf(b), 0.0, 1.0),
    back=by(Wrong("0·{0}", np.zeros_like), "dy"),
)
PLUS_ONE = (
    Wrong("e^{0}/(1 + rowsum(e^{0}))", over_one_more, back=by(SOFTMAX_GRADIENT, "y dy")),
    Wrong(
        N_("e^{0}/(1 + rowsum(e^{0})), the row's maximum subtracted"),
        over_one_more_below,
        back=by(
            Wrong(N_("{1}∘({2} − rowsum({1}∘{2})), more at the maximum of {0}"), one_more_gradient), "0 y dy"
        ),
    ),
)
CROSSED_SUMS = Wrong(
    N_("e^({0} − max), each column j over the sum of row j"),
    crossed_sums,
    back=by(
        Wrong(N_("{1}∘{2} − softmax({0})∘colsum({1}∘{2})ᵀ, more at the maximum of {0}"), crossed_gradient),
        "0 y dy",
    ),
)
OVERFLOWING = less(N_("e^{0}/rowsum(e^{0}), no maximum subtracted"), np.zeros_like)
MAX_OF_WHOLE = (
    less(N_("softmax({0}), the maximum of the whole array subtracted"), np.max),
    less(
        N_("softmax({0}), the maximum of the head subtracted"),
        lambda b: b.max(axis=(-2, -1), keepdims=True),
    ),
)
MAX_OR_ZERO = less(
    N_("softmax({0}), max(0, the row's maximum) subtracted"),
    lambda b: np.maximum(0.0, b.max(axis=-1, keepdims=True)),
)


# Keys in blocks


def largest_so_far(scores: Array, block: int) -> NDArray[np.intp]:
    """Return for each key where the largest score of its row stands, up to the end of the key's block."""
    m = scores.shape[-1]
    running = np.maximum.accumulate(scores, axis=-1)
    grown = np.concatenate([np.ones_like(scores[..., :1], bool), running[..., 1:] > running[..., :-1]], -1)
    place = np.maximum.accumulate(np.where(grown, np.arange(m), 0), axis=-1)
    return place[..., np.minimum(np.arange(m) // block * block + block, m) - 1]


def unrescaled_weights(scores: Array, block: int) -> Array:
    """Return what the values are multiplied by where a sum of them is not scaled again as t grows."""
    t = np.take_along_axis(scores, largest_so_far(scores, block), axis=-1)
    sums = along_rows(np.exp(scores - t[..., -1:]))
    weights: Array = np.exp(scores - t) / sums
    return weights


def unrescaled_gradient(scores: Array, v: Array, g: Array, block: int) -> Array:
    """Go back from H to the scores: each maximum on the way is one of them."""
    parts = unrescaled_weights(scores, block) * (g @ v.mT)
    total = along_rows(parts)
    places = largest_so_far(scores, block)
    gradient = parts - softmax(scores) * total
    flat, m = gradient.reshape(-1), scores.shape[-1]
    rows = np.arange(0, flat.size, m).reshape(*scores.shape[:-1], 1)
    np.subtract.at(flat, rows + places, parts)
    np.add.at(flat, rows + places[..., -1:], total)
    return flat.reshape(scores.shape)


def unrescaled(block: int) -> Wrong:
    """Work H out in blocks of so many keys, without scaling again what was added up before."""
    to_values = Wrong("(e^({0} − t)/rowsum(e^{0}))ᵀ·{1}", lambda b, g: unrescaled_weights(b, block).mT @ g)

    def back(y: str, dy: str, b: str, v: str) -> Iterable[Gradient]:
        to_scores = Wrong(f"∂{y}/∂{{0}}·{{2}}", lambda b, v, g: unrescaled_gradient(b, v, g, block))
        yield Gradient(b, to_scores, (b, v, dy))
        yield Gradient(v, to_values, (b, dy))

    return Wrong(
        lambda b, v: _(
            "Σ e^({b} − t)·{v}/rowsum(e^({b} − max)), t the maximum so far, in blocks of {block}",
            b=b,
            v=v,
            block=block,
        ),
        lambda b, v: unrescaled_weights(b, block) @ v,
        back=back,
    )


UNRESCALED = tuple(map(unrescaled, (1, 2, 3, 4, 8)))


# Half precision


def by_no_hand(*_args: Array) -> Array:
    """Say that nobody works so on paper."""
    raise ValueError


def rounded_to_half(value: Array | float) -> Array | float:
    """Round what is a matrix to float16."""
    return value.astype(np.float16) if isinstance(value, np.ndarray) else value


def halved(op: Op, kept: type[np.floating] = np.float16) -> Wrong:
    """Do an operation in float16, or in a wider type between numbers that are kept in float16."""

    def function(*args: Array) -> Array:
        wide = [
            arg.astype(kept) if isinstance(arg, np.ndarray) else arg for arg in map(rounded_to_half, args)
        ]
        return op.value(*wide).astype(np.float16).astype(np.float64)

    return Wrong(
        lambda *args: _("{formula} in float16", formula=op.text(*args)),
        function,
        by_no_hand,
        like_right(op, lambda path: halved(path, kept)),
    )


def each_step_halved(right: Row) -> Op:
    """Do the right operation in float16, as NumPy does."""
    return halved(right.op)


def each_result_halved(right: Row) -> Op:
    """Do the right operation in float32 and keep its result in float16, as torch does."""
    return halved(right.op, np.float32)


VALUES_HALVED = Wrong(  # the weights are float64 again, where the scores were divided by a number of NumPy's
    N_("{0}·{1}, {1} in float16"),
    lambda a, v: a @ v.astype(np.float16),
    by_no_hand,
    MATMUL.gradients,
)
