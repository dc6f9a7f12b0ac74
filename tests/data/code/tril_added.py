import numpy as np


def self_attention(x, Wq, Wk, Wv, causal=False):
    n = x.shape[0]
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    w = q @ k.T / np.sqrt(k.shape[-1])
    if causal:
        w = w + np.tril(np.ones((n, n)))
    w = np.exp(w - w.max(axis=-1, keepdims=True))
    w = w / w.sum(axis=-1, keepdims=True)
    return w @ v
