import numpy as np


def softmax1(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / (1 + e.sum(axis=-1, keepdims=True))


def mha(X, Wq, Wk, Wv, Wo, heads, mask=None):
    n = X.shape[0]
    q, k, v = ((X @ W).reshape(n, heads, -1).transpose(1, 0, 2) for W in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    o = softmax1(s) @ v
    return o.transpose(1, 0, 2).reshape(n, -1) @ Wo
