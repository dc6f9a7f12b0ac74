import numpy as np

rng = np.random.default_rng(0)


def dropout(x, p):
    keep = rng.random(x.shape) >= p
    return x * keep / (1 - p)


def attention(Q, K, V, mask=None, p=0.5):
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    A = dropout(e / e.sum(axis=1, keepdims=True), p)
    return A @ V
