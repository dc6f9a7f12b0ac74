import numpy as np


def attention_backward(X, Wq, Wk, Wv, dO, mask=None):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    c = 1 / np.sqrt(Q.shape[1])
    S = Q @ K.T * c
    if mask is not None:
        S = np.where(mask, S, -np.inf)
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - np.sum(dA * A, axis=0, keepdims=True)) * c
    dQ = dS @ K
    dK = dS.T @ Q
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    dWq, dWk, dWv = X.T @ dQ, X.T @ dK, X.T @ dV
    return dX, dWq, dWk, dWv
