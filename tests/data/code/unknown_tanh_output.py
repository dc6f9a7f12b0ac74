import numpy as np


def mha(x, Wq, Wk, Wv, Wo, num_heads):
    n = x.shape[0]
    q, k, v = ((x @ W).reshape(n, num_heads, -1) for W in (Wq, Wk, Wv))
    s = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[-1])
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    s /= s.sum(axis=-1, keepdims=True)
    return np.tanh(np.einsum("hij,jhd->ihd", s, v).reshape(n, -1) @ Wo)
