import numpy as np


def sparse_attention(Q, K, V, mask=None, top_k=2):
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    threshold = np.sort(scores, axis=1)[:, -top_k][:, None]
    scores = np.where(scores >= threshold, scores, -np.inf)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True) @ V
