import numpy as np


def attention(query, key, value, mask=None):
    """mask: True marks positions that must not be attended to."""
    scores = query @ key.T / np.sqrt(query.shape[-1])
    if mask is not None:
        scores[mask] = -np.inf
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ value, weights
