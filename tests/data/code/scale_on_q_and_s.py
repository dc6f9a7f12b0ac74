import numpy as np


def mha(x, Wq, Wk, Wv, Wo, heads, causal=False):
    n = x.shape[0]
    d_head = Wq.shape[1] // heads
    q = (x @ Wq) / np.sqrt(d_head)
    k = x @ Wk
    v = x @ Wv
    q = q.reshape(n, heads, d_head)
    k = k.reshape(n, heads, d_head)
    v = v.reshape(n, heads, -1)
    scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(d_head)
    if causal:
        scores = np.where(np.tri(n, dtype=bool), scores, -np.inf)
    scores -= scores.max(axis=-1, keepdims=True)
    w = np.exp(scores)
    w /= w.sum(axis=-1, keepdims=True)
    return np.einsum("hij,jhd->ihd", w, v).reshape(n, -1) @ Wo
