import numpy as np


def causal_or_full_attention(x, W_q, W_k, W_v, is_causal=False):
    n = x.shape[0]
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = np.dot(q, k.T) / np.sqrt(k.shape[1])
    if is_causal:
        scores = scores + np.triu(np.full((n, n), -np.inf), k=1)
    weights = np.exp(scores - scores.max(axis=1).reshape(-1, 1))
    weights = weights / weights.sum(axis=1).reshape(-1, 1)
    return np.dot(weights, v)
