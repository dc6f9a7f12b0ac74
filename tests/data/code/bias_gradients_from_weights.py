import numpy as np


def attention_grad(X, Wq, Wk, Wv, bq, bk, bv, dO, mask=None):
    Q, K, V = X @ Wq + bq, X @ Wk + bk, X @ Wv + bv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    if mask is not None:
        S = np.where(mask, S, -np.inf)
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dV, dA = A.T @ dO, dO @ V.T
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dQ, dK = dS @ K, dS.T @ Q
    grads = {}
    for name, d, W in (("q", dQ, Wq), ("k", dK, Wk), ("v", dV, Wv)):
        grads["dW" + name] = X.T @ d
        grads["db" + name] = grads["dW" + name].sum(axis=0)
    grads["dX"] = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return grads
