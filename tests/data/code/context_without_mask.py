import numpy as np


def attention_block(x, Wq, Wk, Wv, Wo, heads, mask=None, context=None):
    is_cross = context is not None
    src = context if is_cross else x
    n, m = x.shape[0], src.shape[0]
    q = (x @ Wq).reshape(n, heads, -1).transpose(1, 0, 2)
    k = (src @ Wk).reshape(m, heads, -1).transpose(1, 2, 0)
    v = (src @ Wv).reshape(m, heads, -1).transpose(1, 0, 2)
    dots = q @ k / np.sqrt(q.shape[-1])
    if mask is not None and not is_cross:
        dots = np.where(mask, dots, -np.inf)
    p = np.exp(dots - dots.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return (p @ v).transpose(1, 0, 2).reshape(n, -1) @ Wo
