"""Mistakes in the backward pass: what was computed, and what to say of it; the commonest of a row first.

See :mod:`attncli.mistakes.entry` for how an entry is written.
"""

from __future__ import annotations

import numpy as np

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.entry import Entry
from attncli.mistakes.wrong import Wrong, inverse, negative, over_n, rest, same
from attncli.ops.linear import COPY, MATMUL
from attncli.ops.loss import SQUARED_ERROR_GRADIENT

BACKWARD = {
    # At the output
    Entry("dout-not-averaged", "dO", same, "… -N"): N_(
        "The division by N was left out: where the loss is a mean, its gradient dO is divided as well."
    ),
    Entry("dout-averaged", "dO", same, "… -N? N").or_at("dO", wrong.per_number, "0 1"): N_(
        "dO was divided by N, or by how many numbers the target has: it is divided by N where the loss is a "
        "mean, and by nothing where it is a sum."
    ),
    Entry("dout-per-row", "dO", over_n, "… -N? n"): N_(
        "dO was divided by n, the number of tokens: it is divided by N where the loss is a mean, and not at"
        " all where it is a sum."
    ),
    Entry("dout-sign", "dO", negative, "…"): N_(
        "The sign of dO was flipped: the gradient points to where the loss grows, the output minus the "
        "target, as in P − Y."
    ),
    Entry("dout-extra-sigmoid", "dO", wrong.SIGMOID_AGAIN, "P Y 2…"): N_(
        "P∘(1−P) was multiplied in once more: the derivative of the activation is already contained in P − Y."
    ),
    Entry("dout-is-dp", "dO", COPY, "dP"): N_(
        "This is dP, the gradient at P: multiplied by the derivative P∘(1−P) it becomes dO, and only P − Y "
        "is left."
    ),
    Entry("dout-mse", "dO", Wrong("2({0} − {1})", SQUARED_ERROR_GRADIENT.value), "P Y 2…"): N_(
        "The 2 comes from squared errors: for cross-entropy the gradient at O is made of P − Y without it."
    ),
    # Through the output to A and V
    Entry("da-no-transpose", "dA", MATMUL, "0 1ᵀ"): N_(
        "V was not transposed: dA is the gradient that arrives (dH or dO) times Vᵀ."
    ),
    Entry("da-swapped", "dA", MATMUL, "v 0ᵀ"): N_(
        "The factors were swapped, which gives dA transposed: the gradient that arrives (dH or dO) comes "
        "first, then Vᵀ."
    ),
    Entry("da-with-k", "dA", MATMUL, "0 kᵀ"): N_(
        "K was used instead of V: A was multiplied by V, so dA is the gradient that arrives (dH or dO) "
        "times Vᵀ."
    ),
    Entry("dv-no-transpose", "dv", MATMUL, "0ᵀ 1"): N_(
        "A was not transposed: dV is Aᵀ times the gradient that arrives (dH or dO)."
    ),
    Entry("dv-swapped", "dv", MATMUL, "1ᵀ 0ᵀ"): N_(
        "The factors were swapped, which gives dV transposed: Aᵀ comes first, then the gradient that "
        "arrives (dH or dO)."
    ),
    # Through the softmax: the right one is A∘(dA − rowsum(A∘dA))
    Entry("softmax-diagonal-only", "db", wrong.LOGISTIC_GRADIENT, "…"): N_(
        "Only the case i = k of the softmax's derivative was used, a_i(1−a_i): the other cells of the row "
        "count too, with −a_i·a_k."
    ),
    Entry("softmax-only-a-da", "db", wrong.ONLY_A_DA, "…"): N_(
        "dA was only multiplied by A: subtract rowsum(A∘dA) from dA first, since the weights of a row "
        "depend on each other."
    ),
    Entry("softmax-passed-through", "db", COPY, "1"): N_(
        "dA was passed on unchanged: the softmax has a derivative as well, A∘(dA − rowsum(A∘dA))."
    ),
    Entry("softmax-row-sum", "db", wrong.ROW_SUM, "…"): N_(
        "The sum of each row of dA was subtracted: multiply by A first, cell by cell, and then sum, "
        "rowsum(A∘dA)."
    ),
    Entry("softmax-gradient-plus", "db", wrong.PLUS_SUM, "…"): N_(
        "rowsum(A∘dA) was added to dA: it is subtracted, since its terms come from −a_i·a_k."
    ),
    Entry("softmax-row-mean", "db", wrong.ROW_MEAN, "…"): N_(
        "The mean of each row of dA was subtracted: subtract the sum of A∘dA along the row, weighted by A."
    ),
    Entry("softmax-column-sum", "db", wrong.COLUMN_SUM, "…"): N_(
        "A∘dA was summed down the columns: the softmax goes along the rows, and so does this sum."
    ),
    Entry("softmax-whole-sum", "db", wrong.WHOLE_SUM, "…"): N_(
        "A∘dA was summed over the whole matrix: each row has its own sum, as each row had its own softmax."
    ),
    Entry("softmax-outer-a-lost", "db", wrong.OUTER_A_LOST, "…"): N_(
        "The A in front was lost: what is in the brackets, dA − rowsum(A∘dA), is still multiplied by A, "
        "cell by cell."
    ),
    # Through the scale to Q and K
    Entry("dscale-missing", "dS", COPY, "0"): N_(
        "The scale was left out on the way back: dZ is scaled just as S was (divided by √d_k, unless the "
        "problem says otherwise)."
    ),
    Entry("dscale-multiplied", "dS", inverse, "…"): N_(
        "The gradient was scaled the wrong way round: dZ is scaled just as S was, so what divided there "
        "divides here."
    ),
    Entry("dscale-by-dk", "dS", Wrong("{0}/d_k", np.divide), "0 d_k"): N_(
        "The gradient was divided by d_k itself: dZ is scaled just as S was, with the square root √d_k "
        "unless the problem says otherwise."
    ),
    Entry("dq-transposed-ds", "dq", MATMUL, "dSᵀ k"): N_(
        "dS was transposed: dQ = dS·K, and only dK takes the transpose."
    ),
    Entry("dq-with-q", "dq", MATMUL, "dS q"): N_(
        "Q was used instead of K: in the scores Q was multiplied by Kᵀ, so dQ = dS·K."
    ),
    Entry("dk-no-transpose", "dk", MATMUL, "dS q"): N_(
        "dS was not transposed: the scores of a key are a column of S, so dK = dSᵀ·Q."
    ),
    Entry("dk-with-k", "dk", MATMUL, "dSᵀ k, dS k"): N_(
        "K was used instead of Q: in the scores Kᵀ was multiplied by Q, so dK = dSᵀ·Q."
    ),
    # To the weights and the embeddings
    Entry("dw-transposed", "dW dWo", MATMUL, "1ᵀ 0ᵀ"): N_(
        "The factors were swapped, which gives the gradient transposed: it has its weight's shape, as in "
        "dWq = Xᵀ·dQ."
    ),
    Entry("dw-other-gradient", "dW", MATMUL, "0 dQ, 0 dK, 0 dV"): N_(
        "The gradient of another quantity was used: dQ belongs to dWq, dK to dWk and dV to dWv."
    ),
    Entry("dw-averaged", "dW", Wrong("{0}·{1}/n", lambda x, g, n: x @ g / n), "… n"): N_(
        "The gradient was divided by n, the number of tokens: it is the sum over all of them, as in dWq = "
        "Xᵀ·dQ."
    ),
    Entry("dw-updated", "dW", wrong.STEPS, "… w"): N_(
        "This is the weight after an update: only its gradient is asked for, without the old weight and the"
        " learning rate."
    ),
    Entry("dx-no-v-path", "dX", rest, "… -V"): N_(
        "The path through V was left out: the embeddings go into V as well, so add its gradient, dV·Wvᵀ."
    ),
    Entry("dx-no-k-path", "dX", rest, "… -K"): N_(
        "The path through K was left out: the embeddings go into K as well, so add its gradient, dK·Wkᵀ."
    ),
    Entry("dx-no-q-path", "dX", rest, "… -Q"): N_(
        "The path through Q was left out: the embeddings go into Q as well, so add its gradient, dQ·Wqᵀ."
    ),
    Entry("dx-one-path", "dX", wrong.one_of_three, "0, 1, 2"): N_(
        "Only one path was followed: the embeddings go into Q, K and V, so add up the gradients of all of "
        "them."
    ),
    Entry("dx-averaged", "dX", wrong.mean_of_paths, "…"): N_(
        "The mean of the paths was taken: the gradients of Q, K and V are added up, and the sum is not "
        "divided."
    ),
    Entry("dx-no-transpose", "path", MATMUL, "0 1ᵀ").or_at(
        "dX", Wrong(wrong.sum_text, wrong.sum_of_products), "paths"
    ): N_(
        "The weight was not transposed: each path back is a gradient times its weight's transpose, as in "
        "dQ·Wqᵀ."
    ),
}
