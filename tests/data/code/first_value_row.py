import numpy as np


def attention(X, Wq, Wk, Wv, mask=None):
    n = X.shape[0]
    Q, K = X @ Wq, X @ Wk
    V = [X[0] @ Wv] * n
    O = np.zeros((n, Wv.shape[1]))
    for i in range(n):
        s = K @ Q[i] / np.sqrt(K.shape[1])
        if mask is not None:
            s = np.where(mask[i], s, -1e9)
        w = np.exp(s - s.max())
        w /= w.sum()
        for j in range(n):
            O[i] += w[j] * V[j]
    return O
