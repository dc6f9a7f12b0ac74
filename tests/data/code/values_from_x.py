import numpy as np


def cross_attention(x, context, Wq, Wk, Wv, mask=None):
    q = x @ Wq
    k = context @ Wk
    v = x @ Wv
    s = q @ k.T / np.sqrt(k.shape[1])
    if mask is not None:
        s = np.where(mask, s, -1e9)
    s = np.exp(s - s.max(axis=1, keepdims=True))
    return s / s.sum(axis=1, keepdims=True) @ v
