import numpy as np

def attention(x, wq, wk, wv, num_heads, key_padding_mask=None):
    """key_padding_mask: (batch, seq), True for real tokens"""
    b, s, d = x.shape
    q = (x @ wq).reshape(b, s, num_heads, -1)
    k = (x @ wk).reshape(b, s, num_heads, -1)
    v = (x @ wv).reshape(b, s, num_heads, -1)
    z = np.einsum("bihd,bjhd->bhij", q, k) / np.sqrt(q.shape[-1])
    if key_padding_mask is not None:
        z = z + np.where(key_padding_mask, 0, -1e9)[:, None, None, :]
    z = np.exp(z - z.max(-1, keepdims=True))
    z = z / z.sum(-1, keepdims=True)
    return np.einsum("bhij,bjhd->bihd", z, v).reshape(b, s, -1)
