"""What is said of the mistakes in the backward pass: what was done, and what to do instead."""

from __future__ import annotations

from attncli.language import N_

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
