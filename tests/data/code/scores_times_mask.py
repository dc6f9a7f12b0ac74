import numpy as np


def attention(query, key, value, mask=None):
    scores = np.einsum("id,jd->ij", query, key) / np.sqrt(query.shape[1])
    if mask is not None:
        scores = scores * mask
    scores = scores - scores.max(axis=1, keepdims=True)
    w = np.exp(scores)
    w = w / w.sum(axis=1, keepdims=True)
    return np.einsum("ij,jd->id", w, value)
