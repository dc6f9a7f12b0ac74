"""Mistakes in the forward pass: what was computed, and what to say of it; the commonest of a row first.

See :mod:`attncli.mistakes.entry` for how an entry is written.
"""

from __future__ import annotations

import numpy as np

from attncli.language import N_
from attncli.mistakes import dropout, heads, scores, wrong
from attncli.mistakes.entry import Entry
from attncli.mistakes.wrong import by_root, inverse, of_negative, over_n, rest, same, times
from attncli.ops.linear import COPY, MATMUL

FORWARD = {
    # Projections
    Entry("bias-missing", "Q K V O product", MATMUL, "0 1"): N_(
        "The bias was left out: it is added to every row of the product with the weight."
    ),
    Entry("projection-transposed", "Q K V", same, "0 1ᵀ 2…"): N_(
        "The weight was transposed: the embeddings are multiplied by Wq, Wk or Wv itself, as in Q = X·Wq."
    ),
    Entry("projection-swapped", "Q K V", same, "0 Wq 2…, 0 Wk 2…, 0 Wv 2…"): N_(
        "The weight of another quantity was used: Wq belongs to Q, Wk to K and Wv to V."
    ),
    Entry("projection-missing", "Q K V", COPY, "0").or_at("V", heads.FIRST_COLUMNS, "0 1"): N_(
        "These are the embeddings themselves: multiply them by the quantity's own weight first (Wq, Wk or "
        "Wv)."
    ),
    Entry("projection-relu", "Q K V", heads.clipped, "…", code=True): N_(
        "Negative numbers were set to 0: Q, K and V are the product with the weight and its bias, and "
        "nothing follows it."
    ),
    Entry("projection-twice", "Q K V", heads.projected_twice, "…", code=True): N_(
        "The weight was multiplied in twice: the embeddings go through it once, as in Q = X·Wq."
    ),
    Entry("biases-swapped", "Q", heads.biased, "0 1 bk", together=True, code=True).or_at(
        "K", heads.biased, "0 1 bq", together=True
    ): N_("The biases of Q and K were swapped: bq belongs to Q and bk to K."),
    Entry("context-keys-only", "V", same, "x 1…", code=True): N_(
        "The values were made from X: with a context both come from its tokens, the keys and the values."
    ),
    Entry("heads-split-reshape", "Qh Kh Vh", heads.RESHAPED, "…", together=True, code=True).or_at(
        "Qh Kh Vh", heads.RESHAPED, "…"
    ): N_(
        "The numbers were reshaped to h × n × d as they lie in memory, which mixes tokens: head i has the "
        "i-th block of columns (reshape to n × h × d, then swap two axes)."
    ),
    Entry("qkv-triples", "Qh Kh Vh", heads.triples, "Q K V 1 +alone", together=True, code=True): N_(
        "Q, K and V side by side were cut into a block for each head first: cut them into Q, K and V first, "
        "and each of these into heads."
    ),
    # Scores
    Entry("scores-no-transpose", "S", MATMUL, "q k"): N_(
        "K was not transposed: S = Q·Kᵀ takes each row of Q (a query) with each row of K (a key)."
    ),
    Entry("scores-swapped", "S", MATMUL, "k qᵀ"): N_(
        "Q and K were swapped: S = Q·Kᵀ has a row for each query and a column for each key."
    ),
    Entry("scores-qq", "S", MATMUL, "q qᵀ, k kᵀ")
    .or_at("S", MATMUL, "q qᵀ +longer", together=True)
    .or_at("H", heads.FIRST_VALUES, "… +longer", together=True): N_(
        "One of Q and K was used twice: S = Q·Kᵀ compares the queries with the keys."
    ),
    Entry("scores-qt-k", "S", MATMUL, "qᵀ k"): N_(
        "Q was transposed instead of K: Qᵀ·K sums over the tokens, but S = Q·Kᵀ compares token with token."
    ),
    Entry("scores-with-v", "S", MATMUL, "q vᵀ"): N_(
        "V was used instead of K: S = Q·Kᵀ compares queries with keys; V comes in after the softmax."
    ),
    Entry("scores-from-x", "S", wrong.for_all_heads, "x xᵀ").or_at(
        "S", wrong.IN_EVERY_HEAD, "x xᵀ heads"
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
    Entry("heads-attend-each-other", "S", heads.COMPARED, "q k +heads +free", together=True, code=True)
    .or_at("H", heads.AMONG, "… +heads +free", together=True)
    .or_at("H", COPY, "1 +onehead +free +alone"): N_(
        "The heads of each token looked at one another: within each head the tokens look at the tokens, so "
        "the axis of the heads comes before that of the tokens."
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
    Entry("scale-by-width", "Z", scores.BY_WIDTH, "0 heads d_k", code=True): N_(
        "S was divided by the root of all heads' columns together, h·d_k: each head has its own scores, whose"
        " products have d_k terms."
    ),
    Entry("scale-by-heads", "Z", scores.BY_HEADS, "0 h", code=True): N_(
        "S was divided by √h, the root of the number of heads: what counts is d_k, the length of a key in "
        "one head."
    ),
    Entry("scale-compounds", "Z", scores.compounded, "0 1 heads", code=True): N_(
        "The scale was applied once more from head to head: every head is scaled once, so what was scaled "
        "must not be gone on with in the next one."
    ),
    # Mask: each may also be made on the way from Z to A
    Entry("mask-missing", "M", rest, "0 2…")
    .or_at("dv", scores.DV_UNMASKED, "z 1 added? +mask", together=True)
    .or_at("db", scores.DB_UNMASKED, "z 1 added? +mask", together=True)
    .or_at("dm", COPY, "0", together=True): N_(
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
    Entry("mask-inverted", "M", scores.INVERTED, "…", code=True): N_(
        "The mask was turned round: the scores that should be hidden were kept and the others hidden; −∞ "
        "goes where a token may not look."
    ),
    Entry("mask-sign", "M", scores.SIGN, "…", code=True): N_(
        "Masked scores got a large number with the wrong sign: +1e9 makes them the only ones that count, "
        "where −∞ (or −1e9) takes them out."
    ),
    Entry("mask-tiny-fill", "M", scores.TINY_FILL, "…", code=True): N_(
        "Masked scores were set to 1e-9 or −1e-9, which is nearly 0, so they still get some weight: −1e9 is "
        "meant, a number so low that e to its power is 0."
    ),
    Entry("mask-added-01", "M", scores.ADDED_01, "…", code=True): N_(
        "The mask was added to the scores as the numbers 0 and 1, which hides nothing: add −∞ where a token "
        "may not look and 0 elsewhere."
    ),
    Entry("mask-small-fill", "M", scores.SMALL_FILL, "…", code=True): N_(
        "Masked scores were set to a number that is not low enough: where the others are lower still, the "
        "masked ones get all the weight; use −∞."
    ),
    Entry("mask-transposed", "M", scores.TRANSPOSED, "…", code=True): N_(
        "The mask was transposed: its rows are the queries and its columns the keys, as in S."
    ),
    Entry("mask-one-row", "M", scores.ONE_ROW, "…", code=True): N_(
        "One row of the mask was used for every query: each query has a row of its own."
    ),
    Entry("mask-one-too-far", "M", scores.ONE_TOO_FAR, "…", code=True): N_(
        "The mask was moved by one key, so that each query sees one key too many: a key is hidden where its "
        "own cell of the mask says so."
    ),
    Entry("mask-first-head", "M", scores.ONE_HEAD, "… +heads", code=True): N_(
        "Only one head was masked, the first or the last: the mask holds for the scores of every head."
    ),
    Entry("mask-same-flag", "M", scores.SAME_FLAG, "…", code=True): N_(
        "Queries and keys were compared by whether anybody may look at them, and see each other where that "
        "is the same: only the mask's own cell says who may look at whom."
    ),
    Entry("mask-lost-in-cross", "M", rest, "0 2… +context", code=True): N_(
        "The mask was lost on the way to cross-attention: with a context it hides keys as it does without "
        "one."
    ),
    Entry("mask-always-causal", "M", scores.ALWAYS_CAUSAL, "0", code=True)
    .or_at("A", wrong.CAUSAL, "free")
    .or_at("dv", scores.DV_CAUSAL, "z 1", together=True)
    .or_at("db", scores.DB_CAUSAL, "z 1", together=True)
    .or_at("dm", COPY, "0", together=True): N_(
        "A causal mask was used in the place of the problem's own, or of none: a token may attend to later "
        "ones wherever the mask does not hide them."
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
    Entry("softmax-no-keepdims", "A", (wrong.NO_KEEPDIMS, scores.CROSSED_SUMS), "b"): N_(
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
    Entry("softmax-of-one", "A", scores.OF_ONE, "b", code=True): N_(
        "Each power of e was divided by itself, so that every weight is 1: the softmax was taken along an "
        "axis of length one; it goes along the keys."
    ),
    Entry("softmax-plus-one", "A", scores.PLUS_ONE, "b", code=True): N_(
        "1 was added to the sum that each row is divided by, so the rows of A no longer sum to 1: the sum of "
        "the powers of e is never 0, and needs nothing added."
    ),
    # Floating point: right on ordinary numbers
    Entry("softmax-overflow", "A", scores.OVERFLOWING, "b", code=True): N_(
        "No maximum was subtracted before the powers of e: e^710 is too large for a float64 and the row "
        "becomes NaN; take each row's maximum off, which changes no weight."
    ),
    Entry("softmax-max-whole", "A", scores.MAX_OF_WHOLE, "b", code=True): N_(
        "The maximum of the whole array was subtracted: in a row far below it every power of e is 0, and 0/0 "
        "is NaN; take each row's own maximum off."
    ),
    Entry("softmax-max-zero", "A", scores.MAX_OR_ZERO, "b", code=True): N_(
        "The maximum that was subtracted was never below 0: in a row far below 0 every power of e is 0, and "
        "0/0 is NaN; take each row's own maximum off, negative or not."
    ),
    Entry("half-precision", "S Z M A H", scores.each_step_halved, "…", together="steps", code=True)
    .or_at("S Z M A H", scores.each_result_halved, "…", together="results")
    .or_at("S", scores.each_step_halved, "…", together="products")
    .or_at("H", scores.VALUES_HALVED, "…", together="products"): N_(
        "Q, K and V were rounded to float16, which keeps three digits, and the weights worked out in it: "
        "work in float32 or float64, and round at the end if at all."
    ),
    Entry("dropout-active", "A", dropout.DROPPED_WEIGHTS, "…", code=True).or_at(
        "H", dropout.DROPPED_OUTPUT, "…"
    ): N_(
        "Some weights are 0 and all others are too large by one factor: dropout was left on, which is for "
        "training; here every weight counts as it is."
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
    Entry("online-output-not-rescaled", "H", scores.UNRESCALED, "b v", code=True): N_(
        "The keys were taken in blocks, and what was added up before was not rescaled when the maximum grew: "
        "multiply it by e^(old maximum − new), as the sum is."
    ),
    Entry("output-own-value", "H", heads.OWN_VALUE, "…", code=True): N_(
        "Each token kept its own value: the weights of its row mix the values of all tokens, as in A·V."
    ),
    Entry("values-first-row", "H", heads.FIRST_ROW, "…", code=True): N_(
        "The first row of V was used for every token: each weight is multiplied by the value of its own "
        "token, as in A·V."
    ),
    Entry("dropout-weights-shrunk", "H", heads.shrunk, "…", code=True): N_(
        "The output was multiplied by 1−p, the chance to be kept: dropout divides by it in training, so "
        "that nothing is left to do here."
    ),
    Entry("heads-averaged", "C", wrong.AVERAGED, "0").or_at("O", heads.AVERAGED_OUTPUT, "… heads"): N_(
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
    Entry("heads-merge-reshape", "C", heads.RESHAPED_BACK, "0", code=True): N_(
        "The heads were reshaped to n × h·d as they lie in memory, which mixes tokens: put them side by side "
        "(exchange the first two axes, then reshape)."
    ),
    Entry("heads-overwritten", "C", heads.OVERWRITTEN, "0", code=True): N_(
        "Each head was written over the one before: put them side by side, so that each keeps its own "
        "columns."
    ),
    Entry("heads-maximum", "O", heads.MAXIMUM, "H 1… +heads", code=True): N_(
        "The largest of the heads' numbers was taken: what the heads give is added up, which is what "
        "multiplying all of them by Wo does."
    ),
    Entry("wo-transposed", "O", same, "0 1ᵀ 2…"): N_(
        "Wo was transposed: the output of the heads is multiplied by Wo itself, on the right."
    ),
    Entry("wo-missing", "O", COPY, "0"): N_(
        "Wo was left out: the output of the heads is still to be multiplied by it."
    ),
    Entry("bo-per-head", "O", heads.BIAS_PER_HEAD, "0 1 2 heads", code=True): N_(
        "bo was added once for each head: add it once, to the sum."
    ),
    Entry("residual-added", "O H C", heads.with_residual, "… x", code=True): N_(
        "The embeddings were added to the output: that is the residual connection around the attention, and"
        " no part of it."
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
    Entry("loss-sign", "L", times(-1.0, lambda text: text.removeprefix("−"), "−({0})"), "P Y out 3…"): N_(
        "The minus sign in front was left out: logarithms of probabilities are negative, and it makes the "
        "loss positive."
    ),
    Entry(
        "loss-log2",
        "L",
        times(1 / np.log(2), lambda text: text.replace("ln", "log₂"), "({0})/ln 2"),
        "P Y out 3…",
    ): N_("Logarithms to the base 2 were used: ln is the natural one, to the base e."),
    Entry(
        "loss-log10",
        "L",
        times(1 / np.log(10), lambda text: text.replace("ln", "log₁₀"), "({0})/ln 10"),
        "P Y out 3…",
    ): N_("Logarithms to the base 10 were used: ln is the natural one, to the base e."),
    Entry("loss-positive-only", "L", wrong.positive_only, "P Y out 3…"): N_(
        "Only Y·ln P was added up: (1−Y)·ln(1−P) belongs to the loss as well, for the cells in which Y is "
        "not 1."
    ),
    Entry("loss-mse", "L", wrong.SQUARES, "P Y out, P Y out N").or_at(
        "L", wrong.squares_per_number, "P Y out"
    ): N_("Squared differences were used: this loss is a cross-entropy, which is made of logarithms of P."),
    Entry("loss-swapped", "L", wrong.exchanged, "P Y out 3…"): N_(
        "Y and P were swapped: the logarithm is taken of P, and the target Y says how much it counts."
    ),
}
