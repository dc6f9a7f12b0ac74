import numpy as np


def attention(Q, K, V, mask=None):
    scores = (Q @ K.T / np.sqrt(Q.shape[1])) ** 2
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    w = np.exp(scores - scores.max(axis=1, keepdims=True))
    w /= w.sum(axis=1, keepdims=True)
    return w @ V
