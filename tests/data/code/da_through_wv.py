import numpy as np


def attention_backward(X, Wq, Wk, Wv, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(K.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dA = dO @ Wv.T
    dV = A.T @ dO
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(K.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dWq, dWk, dWv = X.T @ dQ, X.T @ dK, X.T @ dV
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return dX, dWq, dWk, dWv
