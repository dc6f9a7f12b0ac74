import numpy as np


def attention(*, query, key, value, is_causal=False, attn_mask=None, scale=None):
    n, m = query.shape[-2], key.shape[-2]
    if scale is None:
        scale = 1 / np.sqrt(query.shape[-1])
    bias = np.zeros((n, m))
    if is_causal:
        bias[~np.tril(np.ones((n, m), dtype=bool))] = -np.inf
    if attn_mask is not None:
        bias[~attn_mask] = -np.inf
    w = query @ np.swapaxes(key, -1, -2) * scale + bias
    w = np.exp(w - w.max(axis=-1, keepdims=True))
    return w / w.sum(axis=-1, keepdims=True) @ value
