import numpy as np


def attention_backward(X, Wq, Wk, Wv, Wo, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    H = A @ V
    O = H @ Wo
    dWo = O.T @ dO
    dH = dO @ Wo.T
    dA, dV = dH @ V.T, A.T @ dH
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dWq, dWk, dWv = X.T @ dQ, X.T @ dK, X.T @ dV
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return dX, dWq, dWk, dWv, dWo
