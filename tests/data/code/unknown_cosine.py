import numpy as np


def attention(X, Wq, Wk, Wv, mask=None):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    Q = Q / np.linalg.norm(Q, axis=-1, keepdims=True)
    K = K / np.linalg.norm(K, axis=-1, keepdims=True)
    S = Q @ K.T
    if mask is not None:
        S = np.where(mask, S, -1e9)
    A = np.exp(S)
    A = A / A.sum(axis=-1, keepdims=True)
    return {"out": A @ V, "weights": A}
