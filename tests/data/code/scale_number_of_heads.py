import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = x.shape[0]
    q = (x @ Wq).reshape(n, num_heads, -1).swapaxes(0, 1)
    k = (x @ Wk).reshape(n, num_heads, -1).swapaxes(0, 1)
    v = (x @ Wv).reshape(n, num_heads, -1).swapaxes(0, 1)
    scale = q.shape[0] ** -0.5
    s = q @ k.swapaxes(1, 2) * scale
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    s = s - s.max(axis=-1, keepdims=True)
    p = np.exp(s)
    p = p / p.sum(axis=-1, keepdims=True)
    return (p @ v).swapaxes(0, 1).reshape(n, -1) @ Wo
