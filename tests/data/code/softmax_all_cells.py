import numpy as np


def softmax(x):
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum()


def attention(query, key, value, mask=None):
    scores = query @ key.T / np.sqrt(key.shape[1])
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -1e9)
    return softmax(scores) @ value
