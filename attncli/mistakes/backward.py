"""Mistakes in the backward pass: what was computed, and what to say of it; the commonest of a row first.

See :mod:`attncli.mistakes.entry` for how an entry is written.
"""

from __future__ import annotations

import numpy as np

from attncli.language import N_
from attncli.mistakes import gradients, wrong
from attncli.mistakes.entry import Entry
from attncli.mistakes.wrong import Wrong, inverse, negative, over_n, rest, same
from attncli.ops.linear import ADD, COLSUM, COPY, MATMUL
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
    # Through Wo and the heads
    Entry("dwo-with-output", "dWo", MATMUL, "Oᵀ 1"): N_(
        "O was used instead of what was multiplied by Wo: dWo is that (C or H), transposed, times dO."
    ),
    Entry("dc-no-transpose", "dC", MATMUL, "0 Wo"): N_(
        "Wo was not transposed: the gradient goes back through the product with Wo as dO·Woᵀ."
    ),
    Entry("dheads-split-reshape", "dh", gradients.SPLIT_IN_MEMORY, "…"): N_(
        "The gradient was cut into heads as its numbers lie in memory: head i has the i-th block of columns, "
        "so reshape to n × h × d_v and then exchange the first two axes."
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
    Entry("da-with-wv", "dA", MATMUL, "0 Wvᵀ").or_at("dA", gradients.WITH_SPLIT, "0 Wv heads"): N_(
        "Wv was used instead of V: A was multiplied by the values, so dA is the gradient that arrives (dH or "
        "dO) times Vᵀ."
    ),
    Entry("dv-no-transpose", "dv", MATMUL, "0ᵀ 1"): N_(
        "A was not transposed: dV is Aᵀ times the gradient that arrives (dH or dO)."
    ),
    Entry("dv-swapped", "dv", MATMUL, "1ᵀ 0ᵀ"): N_(
        "The factors were swapped, which gives dV transposed: Aᵀ comes first, then the gradient that "
        "arrives (dH or dO)."
    ),
    Entry("dv-with-output", "dv", MATMUL, "0 av"): N_(
        "A·V itself was used instead of its gradient: dV is Aᵀ times the gradient that arrives (dH or dO)."
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
    Entry("softmax-passed-through", "db", COPY, "1")
    .or_at("db", gradients.UNMASKED, "1 mask", together=True, code=True)
    .or_at("dm", COPY, "0", together=True, code=True): N_(
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
    Entry("softmax-da-twice", "db", gradients.DA_TWICE, "…"): N_(
        "The result was multiplied by dA once more: A∘(dA − rowsum(A∘dA)) is all there is, and dA is in it "
        "already."
    ),
    Entry("softmax-from-scores", "db", gradients.FROM_SCORES, "b 1 mask?"): N_(
        "What goes into the softmax was used instead of A: its derivative is made of the weights that come "
        "out, A∘(dA − rowsum(A∘dA))."
    ),
    Entry("gradient-cut-at-softmax", "db", gradients.CUT, "…"): N_(
        "Nothing was passed back through the softmax: it has a derivative, A∘(dA − rowsum(A∘dA)), and by it "
        "Wq and Wk learn."
    ),
    Entry("softmax-block-sum", "db", gradients.in_blocks(2), "…").or_at(
        "db", gradients.OTHER_BLOCKS, "…", code=True
    ): N_(
        "A∘dA was summed over a block of keys, as if each block had a softmax of its own: the softmax goes "
        "along the whole row, and so does this sum."
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
    Entry("dq-transposed-ds", "dq", MATMUL, "dsᵀ k"): N_(
        "dS was transposed: dQ = dS·K, and only dK takes the transpose."
    ),
    Entry("dq-with-q", "dq", MATMUL, "ds q"): N_(
        "Q was used instead of K: in the scores Q was multiplied by Kᵀ, so dQ = dS·K."
    ),
    Entry("dq-scaled-twice", "dq", gradients.SCALED_BY_DIVISION, "… divisor").or_at(
        "dq", gradients.SCALED_BY_FACTOR, "… factor"
    ): N_("The scale was applied once more: dS is scaled already, so dQ = dS·K, as dK = dSᵀ·Q."),
    Entry("dk-no-transpose", "dk", MATMUL, "ds q"): N_(
        "dS was not transposed: the scores of a key are a column of S, so dK = dSᵀ·Q."
    ),
    Entry("dk-with-k", "dk", MATMUL, "dsᵀ k, ds k"): N_(
        "K was used instead of Q: in the scores Kᵀ was multiplied by Q, so dK = dSᵀ·Q."
    ),
    Entry("dq-dk-exchanged", "dq", MATMUL, "0 q", together=True).or_at(
        "dk", MATMUL, "0 k", together=True
    ): N_("Q and K were exchanged: in the scores Q was multiplied by Kᵀ, so dQ = dS·K and dK = dSᵀ·Q."),
    Entry("dheads-merge-reshape", "dQ dK", gradients.JOINED_IN_MEMORY["d_k"], "…", together=True)
    .or_at("dV", gradients.JOINED_IN_MEMORY["d_v"], "…", together=True)
    .or_at("dQ dK", gradients.JOINED_IN_MEMORY["d_k"], "…", code=True)
    .or_at("dV", gradients.JOINED_IN_MEMORY["d_v"], "…", code=True): N_(
        "The heads were joined as their numbers lie in memory: they stand side by side in the row of their "
        "token, so exchange the first two axes before the reshape."
    ),
    # To the weights and the embeddings
    Entry("dw-transposed", "dW dWo dweight", MATMUL, "1ᵀ 0ᵀ").or_at(
        "dW", MATMUL, "1ᵀ 0ᵀ", together=True, code=True
    ): N_(
        "The factors were swapped, which gives the gradient transposed: it has its weight's shape, as in "
        "dWq = Xᵀ·dQ."
    ),
    Entry("dw-other-gradient", "dW", MATMUL, "0 dQ, 0 dK, 0 dV"): N_(
        "The gradient of another quantity was used: dQ belongs to dWq, dK to dWk and dV to dWv."
    ),
    Entry("dw-outer-product", "dW", MATMUL, "0 dc"): N_(
        "The gradient at the output of the heads was used: each weight's is made of that of its own quantity,"
        " as in dWq = Xᵀ·dQ."
    ),
    Entry("dw-averaged", "dW dweight", Wrong("{0}·{1}/n", lambda x, g, n: x @ g / n), "… n"): N_(
        "The gradient was divided by n, the number of tokens: it is the sum over all of them, as in dWq = "
        "Xᵀ·dQ."
    ),
    Entry("dw-updated", "dW dweight", wrong.STEPS, "… w"): N_(
        "This is the weight after an update: only its gradient is asked for, without the old weight and the"
        " learning rate."
    ),
    Entry("db-averaged", "dbq dbk dbv dbo dbias", gradients.COLUMN_MEAN, "0").or_at(
        "dbq dbk dbv", gradients.COLUMN_MEAN, "0", together=True, code=True
    ): N_(
        "The gradient was divided by the number of tokens: the bias went into each row, so the rows' "
        "gradients are added up, as in dbq = colsum(dQ)."
    ),
    Entry("db-one-number", "dbq dbk dbv dbo dbias", gradients.ONE_NUMBER, "0").or_at(
        "dbq dbk dbv", gradients.ONE_NUMBER, "0", together=True, code=True
    ): N_(
        "All numbers were added up to a single one: each entry of the bias has its own column, as in dbq = "
        "colsum(dQ)."
    ),
    Entry("db-from-dw", "dbq dbk dbv", COLSUM, "dw"): N_(
        "The gradient of the weight was summed: the bias was added to each row of Q, K or V, so sum the rows "
        "of dQ, dK or dV, as in dbq = colsum(dQ)."
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
    Entry("dx-one-path", "dX", wrong.one_of_three, "viaQ, viaK, viaV").or_at(
        "dX", gradients.one_of_two, "viaQ, viaK, viaV", code=True
    ): N_(
        "Only one path was followed: the embeddings go into Q, K and V, so add up the gradients of all of "
        "them."
    ),
    Entry("dx-path-twice", "dX", ADD, "… viaQ, … viaK, … viaV"): N_(
        "One path was counted twice: the embeddings go into each of Q, K and V once, so each path is added "
        "once."
    ),
    Entry("dx-averaged", "dX", wrong.mean_of_paths, "…"): N_(
        "The mean of the paths was taken: the gradients of Q, K and V are added up, and the sum is not "
        "divided."
    ),
    Entry("dx-without-weights", "path", gradients.WEIGHT_LOST, "0 1").or_at(
        "dX", gradients.WEIGHTS_LOST, "arriving"
    ): N_(
        "The weights were left out: each path back is a gradient times its weight's transpose, as in dQ·Wqᵀ."
    ),
    Entry("dx-no-transpose", "path", MATMUL, "0 1ᵀ").or_at(
        "dX", Wrong(wrong.sum_text, wrong.sum_of_products), "paths"
    ): N_(
        "The weight was not transposed: each path back is a gradient times its weight's transpose, as in "
        "dQ·Wqᵀ."
    ),
}
