import numpy as np


def mha(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    """Scores are stored (h, keys, queries); the softmax runs over the keys."""
    n = x.shape[0]
    q, k, v = ((x @ w).reshape(n, num_heads, -1).transpose(1, 0, 2) for w in (Wq, Wk, Wv))
    s = k @ q.transpose(0, 2, 1) / np.sqrt(k.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -1e9)
    s = np.exp(s - s.max(axis=1, keepdims=True))
    s = s / s.sum(axis=1, keepdims=True)
    o = s.transpose(0, 2, 1) @ v
    return o.transpose(1, 0, 2).reshape(n, -1) @ Wo
