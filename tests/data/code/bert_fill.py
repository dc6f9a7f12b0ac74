import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, mask=None):
    n = len(x)
    q, k, v = ((x @ w).reshape(n, num_heads, -1).transpose(1, 0, 2) for w in (wq, wk, wv))
    z = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        z = z + (1.0 - mask) * -10000.0     # as BERT does
    z = np.exp(z - z.max(-1, keepdims=True)); z /= z.sum(-1, keepdims=True)
    return (z @ v).transpose(1, 0, 2).reshape(n, -1) @ wo
