import numpy as np


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def additive_view_attention(query, keys, values, mask=None):
    energy = np.matmul(keys[None], query[:, :, None])  # (n, m, 1)
    energy = energy / np.sqrt(query.shape[1])
    if mask is not None:
        energy = np.where(mask[:, :, None], energy, -1e9)
    alpha = softmax(energy)  # (n, m, 1)
    return (alpha * values[None]).sum(axis=1)
