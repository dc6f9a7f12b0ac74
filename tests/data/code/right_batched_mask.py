import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, mask=None):
    """x: (batch, seq, dim), mask: (batch, seq, seq)"""
    b, s, d = x.shape
    q = (x @ wq).reshape(b, s, num_heads, -1).transpose(0, 2, 1, 3)
    k = (x @ wk).reshape(b, s, num_heads, -1).transpose(0, 2, 3, 1)
    v = (x @ wv).reshape(b, s, num_heads, -1).transpose(0, 2, 1, 3)
    z = q @ k / np.sqrt(q.shape[-1])
    if mask is not None:
        z = np.where(mask[:, None, :, :], z, -1e9)
    z = np.exp(z - z.max(-1, keepdims=True))
    z = z / z.sum(-1, keepdims=True)
    return (z @ v).transpose(0, 2, 1, 3).reshape(b, s, -1) @ wo
