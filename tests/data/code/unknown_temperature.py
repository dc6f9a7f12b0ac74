import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, heads, mask=None, temperature=1.7):
    n = X.shape[0]
    q, k, v = ((X @ W).reshape(n, heads, -1).transpose(1, 0, 2) for W in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]) * temperature
    if mask is not None:
        s = np.where(mask, s, -1e9)
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    s /= s.sum(axis=-1, keepdims=True)
    return (s @ v).transpose(1, 0, 2).reshape(n, -1) @ Wo
