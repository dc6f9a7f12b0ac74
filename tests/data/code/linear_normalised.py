import numpy as np


def attention(Q, K, V, mask=None):
    scores = Q @ K.T / np.sqrt(Q.shape[1])
    if mask is not None:
        scores = scores * mask
    weights = scores / scores.sum(axis=1, keepdims=True)
    return weights @ V, weights
