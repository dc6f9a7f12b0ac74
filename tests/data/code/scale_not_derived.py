import numpy as np


def attention_grads(X, Wq, Wk, Wv, dO, mask=None):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    if mask is not None:
        S = np.where(mask, S, -1e9)
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True))
    dQ = dS @ K
    dK = dS.T @ Q
    return {
        "dX": dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T,
        "dWq": X.T @ dQ,
        "dWk": X.T @ dK,
        "dWv": X.T @ dV,
    }
