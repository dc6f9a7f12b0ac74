import numpy as np


def masked_attention(Q, K, V, mask=None):
    """Rows with nothing to look at come out as zeros instead of NaN."""
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    allowed = np.ones(scores.shape, dtype=bool) if mask is None else mask.astype(bool)
    scores = np.where(allowed, scores, -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    top[~np.isfinite(top)] = 0.0
    e = np.where(allowed, np.exp(scores - top), 0.0)
    total = e.sum(axis=-1, keepdims=True)
    A = np.divide(e, total, out=np.zeros_like(e), where=total > 0)
    return A @ V, A
