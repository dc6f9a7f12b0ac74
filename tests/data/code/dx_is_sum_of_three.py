import numpy as np


def self_attention_backward(X, Wq, Wk, Wv, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dQ = dS @ K
    dK = dS.T @ Q
    dX = dQ + dK + dV
    dWq = X.T @ dQ
    dWk = X.T @ dK
    dWv = X.T @ dV
    return dX, dWq, dWk, dWv
