import numpy as np


def flash_backward(Q, K, V, dO, mask=None):
    scale = 1 / np.sqrt(Q.shape[1])
    S = Q @ K.T * scale
    if mask is not None:
        S = np.where(mask, S, -np.inf)
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    delta = np.sum(dO * (P @ V), axis=1, keepdims=True)
    dS = P * (dO @ V.T - delta) * scale
    dQ = scale * (dS @ K)
    dK = dS.T @ Q
    dV = P.T @ dO
    return dQ, dK, dV
