"""What is said of the mistakes in the forward pass: what was done, and what to do instead."""

from __future__ import annotations

from attncli.language import N_

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
