import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None, dropout=0.3):
    rng = np.random.default_rng(42)
    n = x.shape[0]
    q, k, v = ((x @ W).reshape(n, num_heads, -1).transpose(1, 0, 2) for W in (Wq, Wk, Wv))
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    s = np.exp(s - s.max(-1, keepdims=True))
    s /= s.sum(-1, keepdims=True)
    if dropout > 0:
        s = s * rng.binomial(1, 1 - dropout, s.shape) / (1 - dropout)
    return (s @ v).transpose(1, 0, 2).reshape(n, -1) @ Wo
