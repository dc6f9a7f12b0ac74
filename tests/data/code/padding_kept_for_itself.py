import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, context=None, padding_mask=None):
    e = x if context is None else context
    q = (x @ wq).reshape(len(x), num_heads, -1).transpose(1, 0, 2)
    k = (e @ wk).reshape(len(e), num_heads, -1).transpose(1, 0, 2)
    v = (e @ wv).reshape(len(e), num_heads, -1).transpose(1, 0, 2)
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if padding_mask is not None and context is None: s = np.where(padding_mask, s, -1e9)
    p = np.exp(s - s.max(-1, keepdims=True)); p /= p.sum(-1, keepdims=True)
    return np.hstack(list(p @ v)) @ wo
