"""Attention that never holds a whole row of scores: one key after another, with a running maximum."""

import numpy as np


def attention(Q, K, V, mask=None):
    n, d_k = Q.shape
    m, d_v = V.shape
    out = np.zeros((n, d_v))
    for i in range(n):
        running_max = -np.inf
        denominator = 0.0
        acc = np.zeros(d_v)
        for j in range(m):
            if mask is not None and not mask[i, j]:
                continue
            s = Q[i] @ K[j] / np.sqrt(d_k)
            new_max = max(running_max, s)
            correction = np.exp(running_max - new_max)
            p = np.exp(s - new_max)
            denominator = denominator * correction + p
            acc = acc * correction + p * V[j]
            running_max = new_max
        if denominator > 0:
            out[i] = acc / denominator
    return out
