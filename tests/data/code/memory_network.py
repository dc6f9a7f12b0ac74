import numpy as np


def dot_attention(query, key, value, attn_mask=None):
    weights = query @ value.T / np.sqrt(key.shape[-1])
    if attn_mask is not None:
        weights[~attn_mask] = -np.inf
    weights = weights - weights.max(axis=-1, keepdims=True)
    weights = np.exp(weights) / np.exp(weights).sum(axis=-1, keepdims=True)
    return weights @ value, weights
