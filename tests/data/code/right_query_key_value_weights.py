import numpy as np


def multihead_attention(query, key, value, W_q, W_k, W_v, W_o, num_heads, mask=None):
    def heads(x, w):
        y = x @ w
        return np.moveaxis(y.reshape(len(y), num_heads, -1), 1, 0)

    q, k, v = heads(query, W_q), heads(key, W_k), heads(value, W_v)
    logits = np.einsum("hqd,hkd->hqk", q, k) / np.sqrt(q.shape[-1])
    if mask is not None:
        logits += np.where(mask, 0, -np.inf)
    logits -= logits.max(axis=-1, keepdims=True)
    probs = np.exp(logits)
    probs /= probs.sum(axis=-1, keepdims=True)
    mixed = np.moveaxis(probs @ v, 0, 1)
    return mixed.reshape(len(query), -1) @ W_o
