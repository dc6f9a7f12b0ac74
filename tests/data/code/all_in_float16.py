import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, mask=None):
    x, wq, wk, wv, wo = (t.astype(np.float16) for t in (x, wq, wk, wv, wo))
    n = len(x)
    q, k, v = ((x @ w).reshape(n, num_heads, -1).transpose(1, 0, 2) for w in (wq, wk, wv))
    z = q @ k.transpose(0, 2, 1) / np.float16(np.sqrt(q.shape[-1]))
    if mask is not None: z = np.where(mask, z, np.float16(-np.inf))
    z = np.exp(z - z.max(-1, keepdims=True)); z /= z.sum(-1, keepdims=True)
    return ((z @ v).transpose(1, 0, 2).reshape(n, -1) @ wo).astype(float)
