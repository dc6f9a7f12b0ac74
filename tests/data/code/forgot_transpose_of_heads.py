import numpy as np


def self_attention(x, Wq, Wk, Wv, Wo, num_heads):
    n = x.shape[0]
    q = (x @ Wq).reshape(n, num_heads, -1)
    k = (x @ Wk).reshape(n, num_heads, -1)
    v = (x @ Wv).reshape(n, num_heads, -1)
    scores = q @ k.swapaxes(-2, -1) / np.sqrt(q.shape[-1])
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    out = weights @ v
    return out.reshape(n, -1) @ Wo
