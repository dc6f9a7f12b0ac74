import numpy as np


def attention(query, key, value, attn_mask=None):
    logits = query @ key.T / np.sqrt(query.shape[-1])
    if attn_mask is not None:
        bias = np.where(attn_mask, 0.0, -1e9)
        logits = (logits.T + bias).T
    logits -= logits.max(axis=-1, keepdims=True)
    p = np.exp(logits)
    return p / p.sum(axis=-1, keepdims=True) @ value
