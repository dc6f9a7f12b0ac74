import numpy as np


def linear(x, weight, bias=None):
    y = x @ weight.T
    return y if bias is None else y + bias


def multi_head_attention(x, Wq, Wk, Wv, Wo, bq, bk, bv, bo, num_heads, mask=None):
    n = x.shape[0]
    q, k, v = (
        linear(x, w, b).reshape(n, num_heads, -1).transpose(1, 0, 2)
        for w, b in ((Wq, bq), (Wk, bk), (Wv, bv))
    )
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    s /= s.sum(axis=-1, keepdims=True)
    return (s @ v).transpose(1, 0, 2).reshape(n, -1) @ Wo + bo
