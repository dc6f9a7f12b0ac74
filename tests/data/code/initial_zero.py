import numpy as np


def masked_softmax(scores, mask):
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=0)
    e = np.where(mask, np.exp(scores - top), 0)
    return e / e.sum(axis=-1, keepdims=True)


def attention(x, Wq, Wk, Wv, mask=None):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    s = q @ k.T / np.sqrt(k.shape[1])
    if mask is None:
        mask = np.ones(s.shape, dtype=bool)
    return masked_softmax(s, mask) @ v
