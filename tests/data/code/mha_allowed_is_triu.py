import numpy as np


def mha(x, Wq, Wk, Wv, Wo, n_heads, is_causal=False):
    n = x.shape[0]
    q, k, v = ((x @ w).reshape(n, n_heads, -1).transpose(1, 0, 2) for w in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    if is_causal:
        allowed = np.triu(np.ones((n, n)), k=1)
        s = np.where(allowed == 1, s, -1e30)
    s = np.exp(s - s.max(2, keepdims=True))
    s /= s.sum(2, keepdims=True)
    return (s @ v).transpose(1, 0, 2).reshape(n, -1) @ Wo
