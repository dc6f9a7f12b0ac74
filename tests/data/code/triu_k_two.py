import numpy as np


def self_attention(x, W_q, W_k, W_v, causal=False):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    n = x.shape[0]
    scores = q @ k.T / np.sqrt(k.shape[1])
    if causal:
        scores[np.triu_indices(n, k=2)] = -np.inf
    scores -= scores.max(axis=-1, keepdims=True)
    w = np.exp(scores)
    w /= w.sum(axis=-1, keepdims=True)
    return w @ v
