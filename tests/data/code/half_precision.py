import numpy as np


def attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = len(x)
    q = (x @ Wq).reshape(n, num_heads, -1).swapaxes(0, 1).astype(np.float16)
    k = (x @ Wk).reshape(n, num_heads, -1).swapaxes(0, 1).astype(np.float16)
    v = (x @ Wv).reshape(n, num_heads, -1).swapaxes(0, 1).astype(np.float16)
    s = q @ k.swapaxes(1, 2)
    s = s / np.sqrt(q.shape[-1]).astype(np.float16)
    if mask is not None:
        s = np.where(mask, s, np.float16(-np.inf))
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    p = s / s.sum(axis=-1, keepdims=True)
    o = (p @ v).swapaxes(0, 1).reshape(n, -1)
    return o.astype(np.float64) @ Wo
