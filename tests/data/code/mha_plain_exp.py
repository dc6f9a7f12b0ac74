import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = X.shape[0]
    qkv = [(X @ W).reshape(n, num_heads, -1) for W in (Wq, Wk, Wv)]
    q, k, v = (np.transpose(t, (1, 0, 2)) for t in qkv)
    kernel = np.exp(q @ np.transpose(k, (0, 2, 1)) / np.sqrt(q.shape[-1]))
    if mask is not None:
        kernel = np.where(mask, kernel, 0)
    y = (kernel @ v) / kernel.sum(axis=-1, keepdims=True)
    return np.transpose(y, (1, 0, 2)).reshape(n, -1) @ Wo
