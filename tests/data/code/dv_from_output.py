import numpy as np


def attention_backward(Q, K, V, dO):
    S = Q @ K.T / np.sqrt(Q.shape[1])
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A = A / A.sum(axis=1, keepdims=True)
    O = A @ V
    dV = A.T @ O
    dA = dO @ V.T
    dS = A * (dA - np.sum(A * dA, axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    return {"dQ": dS @ K, "dK": dS.T @ Q, "dV": dV}
