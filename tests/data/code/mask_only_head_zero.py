import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = x.shape[0]
    q = (x @ Wq).reshape(n, num_heads, -1).transpose(1, 0, 2)
    k = (x @ Wk).reshape(n, num_heads, -1).transpose(1, 0, 2)
    v = (x @ Wv).reshape(n, num_heads, -1).transpose(1, 0, 2)
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        scores[0][~mask] = -np.inf
    scores -= scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    out = (weights @ v).transpose(1, 0, 2).reshape(n, -1)
    return out @ Wo
