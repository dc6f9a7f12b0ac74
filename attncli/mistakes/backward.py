"""What is said of the mistakes in the backward pass: what was done, and what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.wrong import Wrong, divided, whole, without
from attncli.ops.linear import ADD, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import COPY
from attncli.ops.op import transpose
from attncli.ops.softmax import SOFTMAX_GRADIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.mistakes.wrong import Entry
    from attncli.page.page import Page, Row


BACKWARD = {
    # At the output
    "dout-not-averaged": N_(
        "The division by N was left out: where the loss is a mean, its gradient dO is divided as well."
    ),
    "dout-averaged": N_("dO was divided by N: here the loss is a sum, so nothing is divided."),
    "dout-per-row": N_(
        "dO was divided by n, the number of tokens: it is divided by N where the loss is a mean, and not "
        "at all where it is a sum."
    ),
    "dout-sign": N_(
        "The sign of dO was turned: it points to where the loss grows, which is the output minus the "
        "target, as in P − Y."
    ),
    "dout-extra-sigmoid": N_(
        "P∘(1−P) was multiplied in once more: the derivative of the activation is already part of P − Y."
    ),
    "dout-is-dp": N_(
        "This is dP, the gradient at P: multiplied by the derivative P∘(1−P) it becomes dO, and only P − "
        "Y is left."
    ),
    "dout-mse": N_(
        "The 2 comes from squared errors: for cross-entropy the gradient at O is made of P − Y without it."
    ),
    # Through the output to A and V
    "da-no-transpose": N_("V was not transposed: dA is the gradient that arrives (dH or dO) times Vᵀ."),
    "da-swapped": N_(
        "The factors were exchanged, which gives dA transposed: the gradient that arrives (dH or dO) "
        "comes first, then Vᵀ."
    ),
    "da-with-k": N_(
        "K was used in the place of V: A was multiplied by V, so dA is the gradient that arrives (dH or "
        "dO) times Vᵀ."
    ),
    "dv-no-transpose": N_("A was not transposed: dV is Aᵀ times the gradient that arrives (dH or dO)."),
    "dv-swapped": N_(
        "The factors were exchanged, which gives dV transposed: Aᵀ comes first, then the gradient that "
        "arrives (dH or dO)."
    ),
    # Through the softmax
    "softmax-diagonal-only": N_(
        "Only the case i = k of the softmax's derivative was used, a_i(1−a_i): the other cells of the row"
        " count too, with −a_i·a_k."
    ),
    "softmax-only-a-da": N_(
        "dA was only multiplied by A: subtract rowsum(A∘dA) from dA first, since the weights of a row "
        "depend on one another."
    ),
    "softmax-column-sum": N_(
        "A∘dA was summed down the columns: the softmax goes along the rows, and so does this sum."
    ),
    "softmax-row-mean": N_(
        "The mean of each row of dA was subtracted: it is the sum of A∘dA along the row, in which A says "
        "how much each cell counts."
    ),
    "softmax-row-sum": N_(
        "The sum of each row of dA was subtracted: multiply by A first, cell by cell, and then sum, "
        "rowsum(A∘dA)."
    ),
    "softmax-whole-sum": N_(
        "A∘dA was summed over the whole matrix: each row has its own sum, as each row had its own softmax."
    ),
    "softmax-passed-through": N_(
        "dA was handed on as it is: the softmax has a derivative as well, A∘(dA − rowsum(A∘dA))."
    ),
    "softmax-outer-a-lost": N_(
        "The A in front was lost: what is in the brackets, dA − rowsum(A∘dA), is still multiplied by A, "
        "cell by cell."
    ),
    # Through the scale to Q and K
    "dscale-missing": N_(
        "The scale was left out on the way back: dZ is scaled just as S was (divided by √d_k, unless the "
        "problem says otherwise)."
    ),
    "dscale-multiplied": N_(
        "The gradient was scaled the wrong way round: dZ is scaled just as S was, so what divided there "
        "divides here."
    ),
    "dscale-by-dk": N_(
        "The gradient was divided by d_k itself: dZ is scaled just as S was, with the square root √d_k "
        "unless the problem says otherwise."
    ),
    "dq-transposed-ds": N_("dS was transposed: dQ = dS·K, and only dK takes the transpose."),
    "dq-with-q": N_("Q was used in the place of K: Q met K in the scores, so dQ = dS·K."),
    "dk-no-transpose": N_("dS was not transposed: a key has its scores in a column of S, so dK = dSᵀ·Q."),
    "dk-with-k": N_("K was used in the place of Q: K met Q in the scores, so dK = dSᵀ·Q."),
    # To the weights and the embeddings
    "dw-transposed": N_(
        "The factors were exchanged, which gives the gradient transposed: it has its weight's shape, as "
        "in dWq = Xᵀ·dQ."
    ),
    "dw-other-gradient": N_(
        "Another gradient than this weight's own was used: dQ belongs to dWq, dK to dWk and dV to dWv."
    ),
    "dw-averaged": N_(
        "The gradient was divided by n, the number of tokens: it is the sum over all of them, as in dWq ="
        " Xᵀ·dQ."
    ),
    "dw-updated": N_(
        "This is the weight after a step of learning: asked for is only its gradient, without the old "
        "weight and the step size."
    ),
    "dx-no-v-path": N_(
        "The path through V was left out: the embeddings go into V as well, so add what comes back by it,"
        " dV·Wvᵀ."
    ),
    "dx-no-k-path": N_(
        "The path through K was left out: the embeddings go into K as well, so add what comes back by it,"
        " dK·Wkᵀ."
    ),
    "dx-no-q-path": N_(
        "The path through Q was left out: the embeddings go into Q as well, so add what comes back by it,"
        " dQ·Wqᵀ."
    ),
    "dx-one-path": N_(
        "Only one path was followed: the embeddings go into Q, K and V, so add up what comes back by each"
        " of them."
    ),
    "dx-no-transpose": N_(
        "The weight was not transposed: each path back is a gradient times its weight's transpose, as in "
        "dQ·Wqᵀ."
    ),
}

ETAS = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)  # learning rates that somebody would take
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
