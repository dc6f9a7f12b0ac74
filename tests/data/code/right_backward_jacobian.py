"""Backward pass with the full softmax Jacobian of each row."""

import numpy as np


def softmax(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def attention_backward(Q, K, V, dO, mask=None):
    n, d_k = Q.shape
    m = K.shape[0]
    dQ, dK, dV = np.zeros(Q.shape), np.zeros(K.shape), np.zeros(V.shape)
    for i in range(n):
        logits = K @ Q[i] / np.sqrt(d_k)
        if mask is not None:
            logits = np.where(mask[i], logits, -1e9)
        p = softmax(logits)
        dV += np.outer(p, dO[i])
        dp = V @ dO[i]
        jacobian = np.diag(p) - np.outer(p, p)
        dlogits = jacobian @ dp / np.sqrt(d_k)
        dQ[i] = dlogits @ K
        for j in range(m):
            dK[j] += dlogits[j] * Q[i]
    return {"dQ": dQ, "dK": dK, "dV": dV}
