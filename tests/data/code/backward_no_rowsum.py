import numpy as np


def attention_backward(X, Wq, Wk, Wv, dO):
    Q = X @ Wq
    K = X @ Wk
    V = X @ Wv
    d_k = Q.shape[1]

    scores = Q @ K.T / np.sqrt(d_k)
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    A = exp / exp.sum(axis=1, keepdims=True)

    dV = A.T @ dO
    dA = dO @ V.T
    dB = A * dA
    dS = dB / np.sqrt(d_k)
    dQ = dS @ K
    dK = dS.T @ Q

    return {
        "dX": dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T,
        "dWq": X.T @ dQ,
        "dWk": X.T @ dK,
        "dWv": X.T @ dV,
    }
