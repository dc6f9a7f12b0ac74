"""Mistakes in the forward pass: what was computed, and what to say of it; the commonest of a row first.

See :mod:`attncli.mistakes.entry` for how an entry is written.
"""

from __future__ import annotations

import numpy as np

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.entry import Entry
from attncli.mistakes.wrong import by_root, inverse, of_negative, over_n, rest, same, times
from attncli.ops.linear import COPY, MATMUL

FORWARD = {
    # Projections
    Entry("bias-missing", "Q K V O", MATMUL, "0 1"): N_(
        "The bias was left out: it is added to every row of the product with the weight."
    ),
    Entry("projection-transposed", "Q K V", same, "0 1ᵀ 2…"): N_(
        "The weight was transposed: the embeddings are multiplied by Wq, Wk or Wv itself, as in Q = X·Wq."
    ),
    Entry("projection-swapped", "Q K V", same, "0 Wq 2…, 0 Wk 2…, 0 Wv 2…"): N_(
        "The weight of another quantity was used: Wq belongs to Q, Wk to K and Wv to V."
    ),
    Entry("projection-missing", "Q K V", COPY, "0"): N_(
        "These are the embeddings themselves: multiply them by the quantity's own weight first (Wq, Wk or "
        "Wv)."
    ),
    # Scores
    Entry("scores-no-transpose", "S", MATMUL, "q k"): N_(
        "K was not transposed: S = Q·Kᵀ takes each row of Q (a query) with each row of K (a key)."
    ),
    Entry("scores-swapped", "S", MATMUL, "k qᵀ"): N_(
        "Q and K were swapped: S = Q·Kᵀ has a row for each query and a column for each key."
    ),
    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ"): N_(
        "One of Q and K was used twice: S = Q·Kᵀ compares the queries with the keys."
    ),
    Entry("scores-qt-k", "S", MATMUL, "qᵀ k"): N_(
        "Q was transposed instead of K: Qᵀ·K sums over the tokens, but S = Q·Kᵀ compares token with token."
    ),
    Entry("scores-with-v", "S", MATMUL, "q vᵀ"): N_(
        "V was used instead of K: S = Q·Kᵀ compares queries with keys; V comes in after the softmax."
    ),
    Entry("scores-from-x", "S", wrong.for_all_heads, "X Xᵀ").or_at(
        "S", wrong.IN_EVERY_HEAD, "X Xᵀ heads"
    ): N_("The embeddings were multiplied by themselves: the scores come from Q and K, S = Q·Kᵀ."),
    Entry("heads-not-split", "S", wrong.IN_EVERY_HEAD, "Q Kᵀ heads"): N_(
        "Every head used all columns of Q and K: a head has only its own block of them, S = Qh·Khᵀ."
    ),
    Entry("heads-split-interleaved", "S", wrong.INTERLEAVED_SCORES, "Q K heads").or_at(
        "Qh Kh Vh", wrong.INTERLEAVED_SPLIT, "…", together=True
    ): N_(
        "The columns were dealt out to the heads in turn: the first block of adjacent columns belongs to "
        "head 1, the next to head 2, and so on."
    ),
    # Scale
    Entry("scale-missing", "Z", COPY, "0"): N_(
        "S was not scaled: before the softmax it is divided by √d_k (or scaled as the problem says), so "
        "that long keys do not make the scores too large."
    ),
    Entry("scale-by-dk", "Z", wrong.linear("{0}/d_k", np.divide), "0 d_k"): N_(
        "S was divided by d_k itself: the scale is its square root, √d_k, unless the problem gives another."
    ),
    Entry("scale-multiplied", "Z", inverse, "…"): N_(
        "S was scaled the wrong way round: multiplied where it should be divided (by √d_k), or divided by a"
        " factor."
    ),
    Entry("scale-by-dmodel", "Z", by_root("d_model"), "0 d_model"): N_(
        "S was divided by √d_model: what counts is d_k, the length of a key, not the length of an embedding."
    ),
    Entry("scale-by-n", "Z", by_root("n"), "0 n").or_at("Z", by_root("m"), "0 m"): N_(
        "S was divided by the square root of the number of tokens: what counts is d_k, the length of a key,"
        " however long the sentence is."
    ),
    Entry("scale-subtracted", "Z", wrong.SUBTRACTED, "0 d_k"): N_(
        "√d_k was subtracted from S: S is divided by it (or scaled as the problem says); taking one number "
        "off all scores changes no weight."
    ),
    # Mask: each may also be made on the way from Z to A
    Entry("mask-missing", "M", rest, "0 2…"): N_(
        "The mask was left out: where a token may not look, its score becomes −∞ before the softmax."
    ),
    Entry("mask-wrong-triangle", "M", wrong.OTHER_TRIANGLE, "…"): N_(
        "The wrong triangle was kept: with a causal mask a token sees itself and the tokens before it, on "
        "and below the diagonal."
    ),
    Entry("mask-zero-fill", "M", wrong.ZERO_FILLED, "…"): N_(
        "Masked scores were set to 0, but e⁰ is 1, so they still get some weight: set them to −∞, for which"
        " the softmax gives 0."
    ),
    Entry("mask-diagonal", "M", wrong.OFF_DIAGONAL, "…"): N_(
        "The diagonal was masked as well: a token may look at itself wherever the mask allows it."
    ),
    Entry("mask-causal-shifted", "M", (wrong.ONE_MORE, wrong.ONE_LESS), "…"): N_(
        "The causal mask was one place off: with it a token sees itself and the tokens before it, no more "
        "and no less."
    ),
    # Softmax
    Entry("mask-after-softmax", "A", wrong.MASKED_LATER, "z mask added?"): N_(
        "Masked weights were set to 0 after the softmax, so the rows of A no longer sum to 1: set the "
        "scores to −∞ before it."
    ),
    Entry("mask-unasked", "A", wrong.CAUSAL, "free"): N_(
        "A causal mask was used, but this problem has none: here a token may also attend to later ones."
    ),
    Entry("softmax-unscaled", "A", wrong.UNSCALED, "s mask? added?"): N_(
        "The softmax was taken of scores that were not scaled: the scaling comes first."
    ),
    Entry("scale-after-softmax", "A", wrong.SCALED_LATER, "s mask? added? d_k"): N_(
        "The scaling came after the softmax, so the rows of A no longer sum to 1: scale the scores before it."
    ),
    Entry("softmax-columns", "A", wrong.BY_COLUMN, "b"): N_(
        "The softmax was taken down each column: it goes along each row, so that every row of A sums to 1."
    ),
    Entry("softmax-not-normalised", "A", wrong.NOT_NORMALISED, "b"): N_(
        "The powers of e were not divided by the sum of their row: only that makes every row of A sum to 1."
    ),
    Entry("softmax-whole", "A", wrong.OF_THE_WHOLE, "b"): N_(
        "The powers of e were divided by the sum of the whole matrix: each row has its own sum, so that "
        "every row of A sums to 1."
    ),
    Entry("softmax-no-exp", "A", wrong.NO_EXP, "b"): N_(
        "The scores themselves were divided by the sum of their row: take e to the power of each first, "
        "which is never negative."
    ),
    Entry("softmax-sigmoid", "A", wrong.LOGISTIC, "b"): N_(
        "The sigmoid σ was used: it looks at one score alone, while the softmax divides 1 among all scores "
        "of a row."
    ),
    Entry("softmax-base-2", "A", wrong.BASE_2, "b"): N_(
        "Powers of 2 were used: the softmax has powers of e."
    ),
    Entry("softmax-no-keepdims", "A", wrong.NO_KEEPDIMS, "b"): N_(
        "The powers of e in column j were divided by the sum of row j (in code, a sum without keepdims): "
        "each is divided by the sum of its own row."
    ),
    Entry("softmax-twice", "A", wrong.TWICE, "b"): N_(
        "The softmax was taken twice: the weights are the softmax of the scores, and that is all."
    ),
    Entry("weights-averaged", "A", wrong.WEIGHTS_AVERAGED, "b heads"): N_(
        "The mean of the heads' weights was taken: each head has an A of its own, and all of them are asked "
        "for."
    ),
    Entry("softmax-argmax", "A", wrong.ONLY_LARGEST, "b"): N_(
        "The largest score of a row got 1 and the others 0: the softmax gives some weight to every score "
        "that is not masked."
    ),
    # Output and heads
    Entry("output-at-v", "H", MATMUL, "0ᵀ 1"): N_(
        "A was transposed: row i of A holds the weights of token i, so the output is A·V."
    ),
    Entry("output-with-k", "H", MATMUL, "0 k"): N_(
        "A was multiplied by K: the output mixes the values, A·V."
    ),
    Entry("output-with-q", "H", MATMUL, "0 q"): N_(
        "A was multiplied by Q: the output mixes the values, A·V."
    ),
    Entry("output-scores", "H", MATMUL, "z v"): N_(
        "V was multiplied by the scores: the softmax first turns them into the weights A, and the output is"
        " A·V."
    ),
    Entry("output-elementwise", "H", wrong.BY_CELL, "…"): N_(
        "A and V were multiplied cell by cell: the output is their matrix product, A·V."
    ),
    Entry("heads-averaged", "C", wrong.AVERAGED, "0"): N_(
        "The mean of the heads was taken: put them side by side, so that each keeps its own columns."
    ),
    Entry("heads-summed", "C", wrong.SUMMED, "0"): N_(
        "The heads were added up: put them side by side, so that each keeps its own columns."
    ),
    Entry("heads-reversed", "C", wrong.REVERSED, "0"): N_(
        "The heads were put side by side from the last to the first: head 1 comes first."
    ),
    Entry("heads-stacked", "C", wrong.STACKED, "0"): N_(
        "The heads were stacked below one another: put them side by side, so that each token has one row."
    ),
    Entry("heads-interleaved", "C", wrong.INTERLEAVED_HEADS, "0"): N_(
        "The columns of the heads were interleaved: all columns of head 1 come first, then all of head 2, "
        "and so on."
    ),
    Entry("wo-transposed", "O", same, "0 1ᵀ 2…"): N_(
        "Wo was transposed: the output of the heads is multiplied by Wo itself, on the right."
    ),
    Entry("wo-missing", "O", COPY, "0"): N_(
        "Wo was left out: the output of the heads is still to be multiplied by it."
    ),
    # Loss
    Entry("activation-missing", "P", COPY, "0"): N_(
        "This is O itself: P holds probabilities, which σ or softmax computes from it."
    ),
    Entry("activation-softmax", "P", wrong.other_activation, "0"): N_(
        "The softmax was used: this loss treats each cell of O on its own, so P = σ(O)."
    ),
    Entry("activation-tanh", "P", wrong.TANH, "0"): N_(
        "tanh was used, which also gives negative numbers: P holds probabilities, from σ or softmax."
    ),
    Entry("activation-sign", "P", of_negative, "0"): N_(
        "The sign of O was flipped before it became a probability: where O is larger, P is larger."
    ),
    Entry("loss-sum", "L", same, "… -N"): N_(
        "The terms were only added up: this problem asks for their mean, so divide the sum by N, the number"
        " of terms."
    ),
    Entry("loss-mean", "L", same, "… -N? N"): N_(
        "The sum was divided by N: this problem asks for the sum itself, without a division."
    ),
    Entry("loss-per-row", "L", over_n, "… -N? n"): N_(
        "The sum was divided by n, the number of tokens: take the sum itself or divide it by N, as the "
        "problem asks."
    ),
    Entry("loss-sign", "L", times(-1.0, lambda text: text.removeprefix("−"), "−({0})"), "P Y O 3…"): N_(
        "The minus sign in front was left out: logarithms of probabilities are negative, and it makes the "
        "loss positive."
    ),
    Entry(
        "loss-log2",
        "L",
        times(1 / np.log(2), lambda text: text.replace("ln", "log₂"), "({0})/ln 2"),
        "P Y O 3…",
    ): N_("Logarithms to the base 2 were used: ln is the natural one, to the base e."),
    Entry(
        "loss-log10",
        "L",
        times(1 / np.log(10), lambda text: text.replace("ln", "log₁₀"), "({0})/ln 10"),
        "P Y O 3…",
    ): N_("Logarithms to the base 10 were used: ln is the natural one, to the base e."),
    Entry("loss-positive-only", "L", wrong.positive_only, "P Y O 3…"): N_(
        "Only Y·ln P was added up: (1−Y)·ln(1−P) belongs to the loss as well, for the cells in which Y is "
        "not 1."
    ),
    Entry("loss-mse", "L", wrong.SQUARES, "P Y O, P Y O N").or_at("L", wrong.squares_per_number, "P Y O"): N_(
        "Squared differences were used: this loss is a cross-entropy, which is made of logarithms of P."
    ),
    Entry("loss-swapped", "L", wrong.exchanged, "P Y O 3…"): N_(
        "Y and P were swapped: the logarithm is taken of P, and the target Y says how much it counts."
    ),
}
