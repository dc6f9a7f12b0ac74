"""Wrong operations of the backward pass: what comes out where a gradient should.

Those through the softmax that are also the derivative of another softmax stand in :mod:`.wrong`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_, _
from attncli.mistakes.heads import joined_in_memory, split_in_memory
from attncli.mistakes.wrong import Wrong, need
from attncli.ops.heads import SPLIT
from attncli.ops.linear import ADD, COPY
from attncli.ops.softmax import KEEP_ALLOWED, SOFTMAX_GRADIENT

if TYPE_CHECKING:
    from attncli.ops.mask import Mask
    from attncli.ops.op import Array, Op
    from attncli.page.page import Row


# Through the softmax


def from_scores(scores: Array, g: Array, mask: Mask | None = None) -> Array:
    """Take what the softmax read for what it gave; hidden cells are 0, whatever stands there."""
    seen = scores if mask is None else KEEP_ALLOWED.value(scores, mask)
    return SOFTMAX_GRADIENT.value(seen, g)


def from_scores_text(scores: str, g: str, *mask: str) -> str:
    """Write that."""
    text = SOFTMAX_GRADIENT.text(scores, g)
    return KEEP_ALLOWED.text(text, *mask) if mask else text


def in_blocks(size: int) -> Wrong:
    """Go back through a softmax of its own for each block of so many keys, of the right weights."""

    def function(a: Array, g: Array) -> Array:
        keys = a.shape[-1]
        if keys <= size:
            raise ValueError("one block holds all keys")
        result = np.empty_like(a)
        for start in range(0, keys, size):
            block = (..., slice(start, start + size))
            weight = a[block].sum(axis=-1, keepdims=True)
            share = np.divide(a[block], weight, out=np.zeros_like(a[block]), where=weight > 0)
            result[block] = a[block] * (g[block] - (share * g[block]).sum(axis=-1, keepdims=True))
        return result

    def text(a: str, g: str) -> str:
        formula = f"{a}∘({g} − rowsum({a}∘{g})/rowsum({a}))"
        return _("{formula}, in blocks of {size} keys", formula=formula, size=size)

    return Wrong(text, function)


DA_TWICE = Wrong(
    lambda a, g: f"{SOFTMAX_GRADIENT.text(a, g)}∘{g}", lambda a, g: SOFTMAX_GRADIENT.value(a, g) * g
)
FROM_SCORES = Wrong(from_scores_text, from_scores)
OTHER_BLOCKS = tuple(map(in_blocks, (3, 4, 8)))  # of one key it is 1, and nothing goes back: that is CUT
CUT = Wrong("0", lambda a, _g: np.zeros_like(a))
UNMASKED = Wrong("{0}", lambda g, _mask: g)


# Products


SCALED_BY_DIVISION = Wrong("{0}·{1}/{2}", lambda g, k, number: g @ k / number)
SCALED_BY_FACTOR = Wrong("{0}·{1}·{2}", lambda g, k, number: g @ k * number)
WITH_SPLIT = Wrong("{0}·split({1})ᵀ", lambda g, w, heads: g @ SPLIT.value(w, heads).mT)


# Heads, as their numbers lie in memory


SPLIT_IN_MEMORY = Wrong("reshape({0}, h × n × d_v)", split_in_memory)
JOINED_IN_MEMORY = {
    width: Wrong(f"reshape({{0}}, n × h·{width})", joined_in_memory) for width in ("d_k", "d_v")
}


# Embeddings and biases


def weight_lost(g: Array, weight: Array) -> Array:
    """Go back without the weight: that has the embeddings' shape where the weight is square."""
    need(g.shape[-1] == weight.shape[-1])
    return g


def one_of_two(right: Row) -> Op | None:
    """Take one of two paths alone: on paper the other was left out, in code it was written over."""
    return COPY if len(right.args) == 2 else None  # noqa: PLR2004


def sum_alike(*args: Array) -> Array:
    """Add up gradients before their weights: that can be done where they have one shape."""
    need(len({arg.shape for arg in args}) == 1)
    return ADD.value(*args)


WEIGHT_LOST = Wrong("{0}", weight_lost)
WEIGHTS_LOST = Wrong(ADD.text, sum_alike)
COLUMN_MEAN = Wrong("colmean({0})", lambda g: g.mean(axis=-2))
ONE_NUMBER = Wrong(N_("sum({0}) in every entry"), lambda g: np.full(g.shape[-1], g.sum()))
