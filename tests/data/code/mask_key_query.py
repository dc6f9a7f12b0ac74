import numpy as np


def attention(Q, K, V, mask=None):
    n, m = Q.shape[0], K.shape[0]
    scores = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            if mask is not None and not mask[j, i]:
                scores[i, j] = -np.inf
            else:
                scores[i, j] = Q[i] @ K[j] / np.sqrt(Q.shape[1])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ V
