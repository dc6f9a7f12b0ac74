import numpy as np


def dense_backward(x, w, b, grad):
    dw = x.T @ grad
    db = np.zeros_like(b) + np.sum(grad)
    return grad @ w.T, dw, db


def attention_backward(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, dO):
    Q, K, V = X @ Wq + bq, X @ Wk + bk, X @ Wv + bv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dH, dWo, dbo = dense_backward(A @ V, Wo, bo, dO)
    dA = dH @ V.T
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dXq, dWq, dbq = dense_backward(X, Wq, bq, dS @ K)
    dXk, dWk, dbk = dense_backward(X, Wk, bk, dS.T @ Q)
    dXv, dWv, dbv = dense_backward(X, Wv, bv, A.T @ dH)
    dX = dXq + dXk + dXv
    return dX, dWq, dWk, dWv, dWo, dbq, dbk, dbv, dbo
