import numpy as np


def cross_attention(x, memory, w_query, w_key, w_value, mask=None):
    q = x @ w_query
    k = memory @ w_key
    v = memory @ w_value
    logits = q @ k.T / k.shape[-1] ** 0.5
    if mask is not None:
        logits = np.where(mask == 0, -1e9, logits)
    weights = np.exp(logits - np.amax(logits, axis=-1, keepdims=True))
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return weights @ v
