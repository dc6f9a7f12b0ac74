import numpy as np


def attention_backward(X, Wq, Wk, Wv, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dA, dV = dO @ V.T, A.T @ dO
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    dWq = dQ.T @ X
    dWk = dK.T @ X
    dWv = dV.T @ X
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return {"dX": dX, "dWq": dWq, "dWk": dWk, "dWv": dWv}
