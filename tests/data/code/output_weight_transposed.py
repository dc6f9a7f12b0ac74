import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, bo=None, heads=1, mask=None):
    n = X.shape[0]
    q, k, v = ((X @ W).reshape(n, heads, -1).transpose(1, 0, 2) for W in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -1e9)
    a = np.exp(s - s.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    C = (a @ v).transpose(1, 0, 2).reshape(n, -1)
    out = C @ Wo.T
    return out if bo is None else out + bo
