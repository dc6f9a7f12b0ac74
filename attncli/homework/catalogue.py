"""The catalogue: what people get wrong, each mistake as a row of the page written wrongly.

A wrong row reads the student's own earlier values, as the right one does. ``catalogue`` writes down all
that there could be on a page; whether one can be told from the right row is for the numbers to say.
Within a row the commonest stand first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from attncli.homework import wrong
from attncli.homework.wrong import Times, Wrong, masked_with
from attncli.language import N_
from attncli.ops.activation import SIGMOID
from attncli.ops.cross_entropy import BCE
from attncli.ops.heads import CONCAT
from attncli.ops.linear import ADD, AFFINE, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import COPY
from attncli.ops.op import transpose
from attncli.ops.softmax import SOFTMAX, SOFTMAX_GRADIENT, softmax
from attncli.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.ops.op import Op
    from attncli.page import Page

    Entry = tuple[str, Op, tuple[str, ...]]

ETAS = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)  # learning rates that somebody would take


@dataclass(frozen=True)
class Mistake:
    """One mistake: its stable name, and the rows as they were written; mostly one."""

    id: str
    rows: tuple[Row, ...]


def catalogue(page: Page, known: frozenset[str], sizes: Mapping[str, int]) -> Iterator[Mistake]:
    """Write down every mistake that could be made on a page.

    ``known``: the symbols that have a value. ``sizes``: n, m, d_model and d_k, as far as there are.
    """
    for row in page.rows:
        for id_, op, args in entries(row, page, sizes):
            written = Row(row.symbol, op, args, backward=row.backward)
            if all(symbol in known for symbol, _ in written.reads):
                yield Mistake(id_, (written,))
    split = Wrong(N_("split({0}), interleaved"), wrong.interleaved)
    heads = tuple(Row(row.symbol, split, row.args) for row in page.rows if row.symbol in {"Qh", "Kh", "Vh"})
    if heads:
        yield Mistake("heads-split-interleaved", heads)


def entries(row: Row, page: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """Choose the part of the catalogue that belongs to a row."""
    if row.backward:
        yield from backward(row, page, sizes)
    elif row.symbol in {"Q", "K", "V"} or "Wo" in row.args:
        yield from projection(row)
    elif row.op is CONCAT:
        yield from joined(row)
    elif row.args[0] == "A":
        yield from output(row, page)
    elif row.symbol in BY_SYMBOL:
        yield from BY_SYMBOL[row.symbol](row, page, sizes)


def whole(page: Page) -> tuple[str, str, str]:
    """Tell what the scores and the output are made of: Q, K and V, or their heads."""
    q, k, v = (f"{name}h" if f"{name}h" in page.row else name for name in "QKV")
    return q, k, v


def without(one: str, *names: str) -> list[str]:
    """Return the other names."""
    return [name for name in names if name != one]


def projection(row: Row) -> Iterator[Entry]:
    """Q = X·Wq, K, V, and O = C·Wo; with a bias or without."""
    x, w, *bias = row.args
    product = AFFINE if bias else MATMUL
    name = "wo" if w == "Wo" else "projection"
    if bias:
        yield "bias-missing", MATMUL, (x, w)
    yield f"{name}-transposed", product, (x, transpose(w), *bias)
    if name == "projection":
        for other in without(w, "Wq", "Wk", "Wv"):
            yield "projection-swapped", product, (x, other, *bias)
    yield f"{name}-missing", COPY, (x,)


def scores(_row: Row, page: Page, _sizes: Mapping[str, int]) -> Iterator[Entry]:
    """S = Q·Kᵀ."""
    q, k, v = whole(page)
    yield "scores-no-transpose", MATMUL, (q, k)
    yield "scores-swapped", MATMUL, (k, f"{q}ᵀ")
    yield "scores-qq", MATMUL, (q, f"{q}ᵀ")
    yield "scores-qq", MATMUL, (k, f"{k}ᵀ")
    yield "scores-qt-k", MATMUL, (f"{q}ᵀ", k)
    yield "scores-with-v", MATMUL, (q, f"{v}ᵀ")
    yield "scores-from-x", MATMUL, ("X", "Xᵀ")
    if q == "Qh":
        yield "heads-not-split", Wrong(N_("{0}·{1} in every head"), wrong.in_every_head), ("Q", "Kᵀ", "h")
        split = Wrong(N_("split({0})·split({1})ᵀ, interleaved"), wrong.interleaved_scores)
        yield "heads-split-interleaved", split, ("Q", "K", "h")


def scale(row: Row, _: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """Z = S/√d_k, or S·c."""
    s, number = row.args
    yield "scale-missing", COPY, (s,)
    yield "scale-by-dk", divided("{0}/d_k", sizes["d_k"]), (s,)
    yield "scale-multiplied", MULTIPLY if row.op is DIVIDE else DIVIDE, (s, number)
    for id_, letter in (("scale-by-dmodel", "d_model"), ("scale-by-n", "m")):
        if letter in sizes:
            letters = "n" if letter == "m" else letter
            yield id_, divided(f"{{0}}/√{letters}", np.sqrt(sizes[letter])), (s,)


def mask(row: Row, *_: object) -> Iterator[Entry]:
    """The masked scores."""
    z, mask_, *added = row.args
    yield "mask-missing", (ADD if added else COPY), (z, *added)
    for id_, text, function in MASKS:
        yield id_, Wrong(text, function), (z, mask_, *added)


def weights(row: Row, page: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """A = softmax(B), where B is M, Z or S."""
    b = row.args[0]
    masks = page.row["M"].args if b == "M" and "M" in page.row else ()
    if masks:
        z, _, *added = masks
        yield "mask-missing", Wrong("softmax({0})", lambda z, b=0.0: softmax(z + b)), (z, *added)
        yield "mask-after-softmax", Wrong(N_("softmax({0}), then 0 where masked"), wrong.masked_behind), masks
        for id_, text, function in MASKS:
            yield id_, Wrong(text, softmax_of(function), "softmax({})"), masks
    else:
        yield "mask-unasked", Wrong("softmax(mask({0}))", softmax_of(wrong.causal)), (b,)
    if "Z" in page.row:
        args = ("S", *masks[1:])
        hidden = page.row["M"].op.value if masks else np.array
        text = "softmax(mask({0}))" if masks else "softmax({0})"
        yield "softmax-unscaled", Wrong(text, softmax_of(hidden)), args
        late = divided("", np.sqrt(sizes["d_k"])).function
        function = lambda *args: late(softmax_of(hidden)(*args))  # noqa: E731 - it stands in a table
        yield "scale-after-softmax", Wrong(f"{text}/√d_k", function), args
    for id_, text, function in SOFTMAXES:
        yield id_, Wrong(text, function), (b,)


def output(row: Row, page: Page) -> Iterator[Entry]:
    """H = A·V."""
    a, v = row.args
    q, k, _ = whole(page)
    yield "output-at-v", MATMUL, (transpose(a), v)
    yield "output-with-k", MATMUL, (a, k)
    yield "output-with-q", MATMUL, (a, q)
    yield "output-scores", MATMUL, ("Z" if "Z" in page.row else "S", v)
    yield "output-elementwise", Wrong("{0}∘{1}", wrong.same_shape(np.multiply)), (a, v)


def joined(row: Row) -> Iterator[Entry]:
    """C = concat(H)."""
    yield "heads-averaged", Wrong(N_("the mean of {0}'s heads"), lambda h, _: h.mean(axis=0)), row.args
    yield "heads-summed", Wrong(N_("the sum of {0}'s heads"), lambda h, _: h.sum(axis=0)), row.args
    yield "heads-reversed", Wrong(N_("concat({0}), the last head first"), wrong.reverse), row.args
    yield "heads-stacked", Wrong(N_("{0}'s heads below each other"), wrong.stacked), row.args
    yield "heads-interleaved", Wrong(N_("{0}'s columns interleaved"), wrong.interleave), row.args


def activation(row: Row, *_: object) -> Iterator[Entry]:
    """The probabilities: P = σ(O), or softmax(O)."""
    yield "activation-missing", COPY, row.args
    if row.op is SIGMOID:
        yield "activation-softmax", SOFTMAX, row.args
    yield "activation-tanh", Wrong("tanh({0})", np.tanh), row.args
    negative = row.op.text(f"−{row.args[0]}")
    yield "activation-sign", Wrong(negative, lambda o: row.op.value(-o)), row.args


def loss(row: Row, _: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """L, from P, Y and O; or from O alone. A last argument N makes it the mean."""
    op, args = row.op, tuple(arg for arg in row.args if arg != "N")
    if row.args[0] == "U":
        return
    mean = op.text(*args, "N")
    yield ("loss-sum", op, args) if "N" in row.args else ("loss-mean", op, (*args, "N"))
    yield "loss-per-row", Times(mean.replace("N", "n"), op, 1 / sizes["n"]), args
    if row.args[0] != "P":
        return
    yield "loss-sign", Times(op.text(*row.args).lstrip("−"), op, -1.0), row.args
    yield "loss-log2", Times(op.text(*row.args).replace("ln", "log₂"), op, 1 / np.log(2)), row.args
    yield "loss-log10", Times(op.text(*row.args).replace("ln", "log₁₀"), op, 1 / np.log(10)), row.args
    ends = "/{3}" if "N" in row.args else ""
    if op is BCE:
        yield "loss-positive-only", Wrong(f"−Σ {{1}}·ln {{0}}{ends}", wrong.positive_only), row.args
    yield "loss-mse", Wrong(f"Σ({{0}} − {{1}})²{ends}", wrong.squares), row.args
    swapped = Wrong(op.text("{1}", "{0}", "", *row.args[3:]), partial(wrong.exchanged, op is BCE))
    yield "loss-swapped", swapped, row.args


def backward(row: Row, page: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """Every gradient, told by what it is the gradient of and how it comes about."""
    q, k, v = whole(page)
    of = row.symbol.removeprefix("d")
    if of == "O" and row.args[0] in {"P", "O"}:
        yield from at_output(row, page, sizes)
    elif of in {"A", v, q, k}:
        yield from at_product(row, of, (q, k, v))
    elif row.op is SOFTMAX_GRADIENT:
        for id_, text, function in SOFTMAX_GRADIENTS:
            yield id_, Wrong(text, function), row.args
    elif of == "S" and row.op in {DIVIDE, MULTIPLY}:
        yield "dscale-missing", COPY, row.args[:1]
        yield "dscale-multiplied", MULTIPLY if row.op is DIVIDE else DIVIDE, row.args
        yield "dscale-by-dk", divided("{0}/d_k", sizes["d_k"]), row.args[:1]
    elif of in {"Wq", "Wk", "Wv", "Wo"}:
        yield from at_weights(row, of, sizes)
    elif row.args[-1] in {"Wqᵀ", "Wkᵀ", "Wvᵀ"} or (row.op is ADD and of in {"X", "E", "Ev"}):
        yield from at_embeddings(row, page)


def at_product(row: Row, of: str, qkv: tuple[str, str, str]) -> Iterator[Entry]:
    """The gradients of A, V, Q and K: each a product of two."""
    q, k, v = qkv
    one, other = row.args
    if of == "A":
        yield "da-no-transpose", MATMUL, (one, transpose(other))
        yield "da-swapped", MATMUL, (v, transpose(one))
        yield "da-with-k", MATMUL, (one, f"{k}ᵀ")
    elif of == v:
        yield "dv-no-transpose", MATMUL, ("A", other)
        yield "dv-swapped", MATMUL, (transpose(other), "A")
    elif of == q:
        yield "dq-transposed-ds", MATMUL, ("dSᵀ", k)
        yield "dq-with-q", MATMUL, ("dS", q)
    else:
        yield "dk-no-transpose", MATMUL, ("dS", q)
        yield "dk-with-k", MATMUL, ("dSᵀ", k)
        yield "dk-with-k", MATMUL, ("dS", k)


def at_output(row: Row, page: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """The gradient at the output: P − Y, or 2(O − Y), over N where the mean was asked for."""
    p, y, *n = row.args if row.args[0] == "P" or "Y" in row.args else (row.args[0], "", *row.args[1:])
    right = row.op.text(*row.args).split(" = ")[-1]
    bare = tuple(arg for arg in row.args if arg != "N")
    alone = row.op.text(*bare).split(" = ")[-1]
    value = row.op.value
    yield ("dout-not-averaged", row.op, bare) if n else ("dout-averaged", row.op, (*bare, "N"))
    yield "dout-per-row", Wrong(f"({alone})/n", lambda *args: value(*args) / sizes["n"]), bare
    yield (
        "dout-sign",
        Wrong(right.replace(f"{p} − {y}", f"{y} − {p}") if y else f"−{right}", lambda *args: -value(*args)),
        row.args,
    )
    if p != "P":
        return
    over = "/{2}" if n else ""
    yield "dout-extra-sigmoid", Wrong(f"({{0}} − {{1}})∘{{0}}∘(1−{{0}}){over}", wrong.sigmoid_again), row.args
    if "dP" in page.row:
        yield "dout-is-dp", COPY, ("dP",)
    yield "dout-mse", Wrong(f"2({{0}} − {{1}}){over}", lambda *args: 2 * value(*args)), row.args


def at_weights(row: Row, of: str, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """The gradient of a weight: Xᵀ·dQ."""
    x, g = row.args
    yield "dw-transposed", MATMUL, (transpose(g), transpose(x))
    if of == "Wo":
        return
    for other in without(g, "dQ", "dK", "dV"):
        yield "dw-other-gradient", MATMUL, (x, other)
    yield "dw-averaged", Wrong("{0}·{1}/n", lambda x, g: x @ g / sizes["n"]), row.args
    for eta in ETAS:
        for sign, word in ((-eta, "−"), (eta, "+")):
            step = Wrong(f"{{2}} {word} {eta:g}·{{0}}·{{1}}", lambda x, g, w, by=sign: w + by * (x @ g))
            yield "dw-updated", step, (*row.args, of)


def at_embeddings(row: Row, page: Page) -> Iterator[Entry]:
    """The gradient of the embeddings, dX_Q + dX_K + dX_V, and each of its paths."""
    if row.op is not ADD:
        g, w = row.args
        yield "dx-no-transpose", MATMUL, (g, transpose(w))
        return
    for name in "VKQ":
        left = tuple(path for path in row.args if not path.endswith(f"_{name}"))
        if len(left) < len(row.args):
            yield f"dx-no-{name.lower()}-path", ADD if len(left) > 1 else COPY, left
    if len(row.args) > 2:  # noqa: PLR2004 - with two, leaving out one of them is the same
        for path in row.args:
            yield "dx-one-path", COPY, (path,)
    pairs = [arg for path in row.args for arg in page.row[path].args]
    text = " + ".join(f"{{{i}}}·{{{i + 1}}}" for i in range(0, len(pairs), 2))
    yield "dx-no-transpose", Wrong(text, wrong.sum_of_products), tuple(arg.removesuffix("ᵀ") for arg in pairs)


def divided(text: str, number: float) -> Wrong:
    """Divide by another number."""
    return Wrong(text, lambda s: s / number)


def softmax_of(function: wrong.Function) -> wrong.Function:
    """Take the softmax of what a function gives."""
    return lambda *args: softmax(function(*args))


MASKS = (
    ("mask-wrong-triangle", N_("the other triangle of {0}"), masked_with(wrong.other_triangle)),
    ("mask-zero-fill", N_("{0}, 0 where masked"), wrong.filled_with_zero),
    ("mask-diagonal", N_("mask({0}), the diagonal as well"), masked_with(wrong.without_diagonal)),
)
SOFTMAXES = (
    ("softmax-columns", N_("softmax of each column of {0}"), wrong.by_column),
    ("softmax-not-normalised", "e^{0}", np.exp),
    ("softmax-whole", N_("e^{0}/(the sum of the whole matrix)"), wrong.of_the_whole),
    ("softmax-no-exp", "{0}/rowsum({0})", wrong.share_of_row),
    ("softmax-sigmoid", "σ({0})", SIGMOID.value),
    ("softmax-base-2", "2^{0}/rowsum(2^{0})", lambda b: softmax(b * np.log(2))),
    ("softmax-argmax", N_("1 at the largest of each row of {0}, else 0"), wrong.only_largest),
)
SOFTMAX_GRADIENTS = (
    ("softmax-diagonal-only", "{0}∘(1−{0})∘{1}", lambda a, g: a * (1 - a) * g),
    ("softmax-only-a-da", "{0}∘{1}", lambda a, g: a * g),
    ("softmax-passed-through", "{1}", lambda _, g: g),
    ("softmax-row-sum", "{0}∘({1} − rowsum({1}))", lambda a, g: a * (g - g.sum(axis=-1, keepdims=True))),
    ("softmax-row-mean", "{0}∘({1} − rowmean({1}))", lambda a, g: a * (g - g.mean(axis=-1, keepdims=True))),
    ("softmax-column-sum", "{0}∘({1} − colsum({0}∘{1}))", wrong.minus_sum(-2)),
    ("softmax-whole-sum", "{0}∘({1} − sum({0}∘{1}))", wrong.minus_sum((-2, -1))),
    ("softmax-outer-a-lost", "{1} − rowsum({0}∘{1})", lambda a, g: g - (a * g).sum(axis=-1, keepdims=True)),
)
BY_SYMBOL = {"S": scores, "Z": scale, "M": mask, "A": weights, "P": activation, "L": loss}
