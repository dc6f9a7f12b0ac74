import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None, context=None):
    y = x if context is None else context
    q = (x @ Wq).reshape(len(x), num_heads, -1).swapaxes(0, 1)
    k = (y @ Wk).reshape(len(y), num_heads, -1).swapaxes(0, 1)
    v = (y @ Wv).reshape(len(y), num_heads, -1).swapaxes(0, 1)
    scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask[-1:], scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return (weights @ v).swapaxes(0, 1).reshape(len(x), -1) @ Wo
