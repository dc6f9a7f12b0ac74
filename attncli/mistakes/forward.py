"""What is said of the mistakes in the forward pass: what was done, and what to do instead."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.wrong import Times, Wrong, divided, masked_with, softmax_of, whole, without
from attncli.ops.cross_entropy import BCE, SIGMOID
from attncli.ops.linear import ADD, AFFINE, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import COPY
from attncli.ops.op import transpose
from attncli.ops.softmax import SOFTMAX, softmax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.mistakes.wrong import Entry
    from attncli.page.page import Page, Row


FORWARD = {
    # Projections and scores
    "projection-transposed": N_(
        "The weight was transposed: the embeddings are multiplied by Wq, Wk or Wv itself, as in Q = X·Wq."
    ),
    "projection-swapped": N_(
        "Another weight than this row's own was used: Wq belongs to Q, Wk to K and Wv to V."
    ),
    "projection-missing": N_(
        "The embeddings stand here as they are: multiply them by this row's weight first (Wq, Wk or Wv)."
    ),
    "bias-missing": N_("The bias was left out: it is added to every row of the product with the weight."),
    "scores-no-transpose": N_(
        "K was not transposed: S = Q·Kᵀ takes each row of Q (a query) with each row of K (a key)."
    ),
    "scores-swapped": N_(
        "Q and K were exchanged: S = Q·Kᵀ has a row for each query and a column for each key."
    ),
    "scores-qq": N_("One of Q and K was used twice: S = Q·Kᵀ compares the queries with the keys."),
    "scores-qt-k": N_(
        "Q was transposed in the place of K: Qᵀ·K adds up over the tokens, but S = Q·Kᵀ compares token "
        "with token."
    ),
    "scores-with-v": N_(
        "V was used in the place of K: S = Q·Kᵀ compares queries with keys, and V waits until after the "
        "softmax."
    ),
    "scores-from-x": N_(
        "The embeddings were multiplied by themselves: the scores are made of Q and K, S = Q·Kᵀ."
    ),
    "heads-not-split": N_(
        "All columns of Q and K were used in every head: a head has only its own block of them, S = Qh·Khᵀ."
    ),
    "heads-split-interleaved": N_(
        "The heads took turns with the columns: the first block of neighbouring columns is head 1's, the "
        "next one head 2's, and so on."
    ),
    # Scale
    "scale-missing": N_(
        "S was not scaled: before the softmax it is divided by √d_k (or scaled as the problem says), so "
        "that long keys do not make the scores too large."
    ),
    "scale-by-dk": N_(
        "S was divided by d_k itself: the scale has its square root, √d_k, unless the problem gives another."
    ),
    "scale-multiplied": N_(
        "S was scaled the wrong way round: multiplied where it should be divided (by √d_k), or divided by"
        " a scale that multiplies."
    ),
    "scale-by-dmodel": N_(
        "S was divided by √d_model: what counts is d_k, the length of one key, not that of an embedding."
    ),
    "scale-by-n": N_(
        "S was divided by the root of the number of tokens: what counts is d_k, the length of one key, "
        "however long the sentence is."
    ),
    # Mask and softmax
    "mask-missing": N_(
        "The mask was left out: where a token may not look, its score becomes −∞ before the softmax."
    ),
    "mask-unasked": N_(
        "A causal mask was used, but this problem has none: here a token may also look at those behind it."
    ),
    "mask-wrong-triangle": N_(
        "The wrong triangle was kept: with a causal mask a token sees itself and those before it, on and "
        "below the diagonal."
    ),
    "mask-zero-fill": N_(
        "Masked scores were set to 0, but e⁰ is 1, so they still get a share: set them to −∞, for which "
        "the softmax gives 0."
    ),
    "mask-after-softmax": N_(
        "Masked weights were set to 0 after the softmax, so that the rows of A no longer sum to 1: put −∞"
        " into the scores before it."
    ),
    "mask-diagonal": N_(
        "The diagonal was masked as well: a token may look at itself wherever the mask allows it."
    ),
    "softmax-columns": N_(
        "The softmax was taken down each column: it goes along each row, so that every row of A sums to 1."
    ),
    "softmax-whole": N_(
        "The powers of e were divided by the sum of the whole matrix: each row has its own sum, so that "
        "every row of A sums to 1."
    ),
    "softmax-not-normalised": N_(
        "The powers of e were not divided by the sum of their row: only that makes every row of A sum to 1."
    ),
    "softmax-no-exp": N_(
        "The scores themselves were divided by the sum of their row: each becomes a power of e first, "
        "which is never negative."
    ),
    "softmax-sigmoid": N_(
        "The sigmoid σ was used: it looks at one score alone, while the softmax shares out 1 among all "
        "scores of a row."
    ),
    "softmax-base-2": N_("Powers of 2 were used: the softmax has powers of e."),
    "softmax-unscaled": N_("The softmax was taken of scores that were not scaled: the scaling comes first."),
    "scale-after-softmax": N_(
        "The scaling came after the softmax, so that the rows of A no longer sum to 1: scale the scores "
        "before it."
    ),
    "softmax-argmax": N_(
        "The largest score of a row got 1 and the others 0: the softmax gives every score that is not "
        "masked a share."
    ),
    # Output and heads
    "output-at-v": N_("A was transposed: row i of A holds the weights of token i, so the output is A·V."),
    "output-with-k": N_("A was multiplied by K: the output mixes the values, A·V."),
    "output-with-q": N_("A was multiplied by Q: the output mixes the values, A·V."),
    "output-scores": N_(
        "V was multiplied by the scores: the softmax makes them the weights A first, and the output is A·V."
    ),
    "output-elementwise": N_(
        "A and V were multiplied cell by cell: the output is their matrix product, A·V."
    ),
    "heads-averaged": N_(
        "The mean of the heads was taken: put them side by side, so that each keeps its own columns."
    ),
    "heads-summed": N_("The heads were added up: put them side by side, so that each keeps its own columns."),
    "heads-reversed": N_("The heads were put side by side from the last to the first: head 1 comes first."),
    "heads-stacked": N_(
        "The heads were put below one another: they stand side by side, so that each token has one row."
    ),
    "heads-interleaved": N_(
        "The columns of the heads were mixed: all columns of head 1 come first, then all of head 2, and "
        "so on."
    ),
    "wo-transposed": N_(
        "Wo was transposed: what comes from the heads is multiplied by Wo itself, which stands on the right."
    ),
    "wo-missing": N_("Wo was left out: what comes from the heads is still to be multiplied by it."),
    # Loss
    "activation-softmax": N_("The softmax was used: this loss reads each cell of O by itself, so P = σ(O)."),
    "activation-tanh": N_(
        "tanh was used, which also gives negative numbers: P holds probabilities, made by this row's own "
        "function (σ or softmax)."
    ),
    "activation-missing": N_(
        "O stands here as it is: P holds probabilities, which σ or softmax makes of it."
    ),
    "activation-sign": N_(
        "The sign of O was turned before it became a probability: where O is larger, P is larger."
    ),
    "loss-sum": N_(
        "The terms were only added up: this problem asks for their mean, so divide the sum by N, the "
        "number of things that count."
    ),
    "loss-mean": N_("The sum was divided by N: this problem asks for the sum itself, without a division."),
    "loss-per-row": N_(
        "The sum was divided by n, the number of tokens: take the sum or divide it by N, whichever the "
        "problem asks for."
    ),
    "loss-sign": N_(
        "The minus in front was left out: logarithms of probabilities are negative, and the minus makes "
        "the loss positive."
    ),
    "loss-log10": N_("Logarithms to the base 10 were used: ln is the natural one, to the base e."),
    "loss-log2": N_("Logarithms to the base 2 were used: ln is the natural one, to the base e."),
    "loss-positive-only": N_(
        "Only Y·ln P was added up: (1−Y)·ln(1−P) belongs to it as well, for the cells in which Y is not 1."
    ),
    "loss-mse": N_(
        "Squared differences were used: this loss is a cross-entropy, which is made of logarithms of P."
    ),
    "loss-swapped": N_(
        "Y and P were exchanged: the logarithm is taken of P, and the target Y says how much it counts."
    ),
}
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


BY_SYMBOL = {"S": scores, "Z": scale, "M": mask, "A": weights, "P": activation, "L": loss}
