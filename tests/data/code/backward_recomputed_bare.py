import numpy as np


def attention_grad(Q, K, V, dO, mask=None):
    scale = Q.shape[1] ** -0.5
    S = Q @ K.T * scale
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P = P / P.sum(axis=1, keepdims=True)
    D = np.sum((P @ V) * dO, axis=1, keepdims=True)
    dV = P.T @ dO
    dP = dO @ V.T
    dS = P * (dP - D)
    dQ = dS @ K * scale
    dK = dS.T @ Q * scale
    return dQ, dK, dV
