import numpy as np


def attention_backward(X, Wq, Wk, Wv, dO, mask=None):
    n = X.shape[0]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    scale = np.sqrt(K.shape[1])
    S = Q @ K.T / scale
    S[np.triu_indices(n, 1)] = -np.inf
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - np.sum(A * dA, axis=1, keepdims=True)) / scale
    dQ, dK = dS @ K, dS.T @ Q
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    dWq, dWk, dWv = X.T @ dQ, X.T @ dK, X.T @ dV
    return dX, dWq, dWk, dWv
