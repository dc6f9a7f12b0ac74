import numpy as np


def attention(X, Wq, Wk, Wv, mask=None):
    Q = X @ Wq
    K = X @ Wk
    V = X[:, : Wv.shape[1]]
    S = Q @ K.T / np.sqrt(K.shape[1])
    if mask is not None:
        S = np.where(mask, S, -1e9)
    S = S - S.max(axis=1, keepdims=True)
    A = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    return A @ V
