import numpy as np


def attention(Q, K, V, causal=False):
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    if causal:
        n, m = scores.shape
        look_ahead = 1 - np.tril(np.ones((n, m)))
        scores = scores + look_ahead * 1e9
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ V
