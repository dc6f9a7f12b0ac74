import numpy as np


def softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def scaled_attention(x, Wq, Wk, Wv, mask=None):
    keys = x @ Wk
    queries = x @ Wq
    values = x @ Wv
    attn_scores = queries @ keys.T
    if mask is not None:
        attn_scores = np.where(mask, attn_scores, -np.inf)
    attn_weights = softmax(attn_scores) / keys.shape[-1] ** 0.5
    return attn_weights @ values
