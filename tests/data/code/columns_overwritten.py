import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = X.shape[0]
    d_k, d_v = Wq.shape[1] // num_heads, Wv.shape[1] // num_heads
    concat = np.zeros((n, num_heads * d_v))
    for h in range(num_heads):
        q = X @ Wq[:, h * d_k : (h + 1) * d_k]
        k = X @ Wk[:, h * d_k : (h + 1) * d_k]
        v = X @ Wv[:, h * d_v : (h + 1) * d_v]
        s = q @ k.T / np.sqrt(d_k)
        if mask is not None:
            s = np.where(mask, s, -1e9)
        s = np.exp(s - s.max(axis=1, keepdims=True))
        concat[:, :d_v] = s / s.sum(axis=1, keepdims=True) @ v
    return concat @ Wo
