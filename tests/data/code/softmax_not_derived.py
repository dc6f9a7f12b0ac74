import numpy as np


def attention_backward(Q, K, V, dO, mask=None):
    scale = np.sqrt(K.shape[1])
    S = Q @ K.T / scale
    if mask is not None:
        S = np.where(mask, S, -1e9)
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dV = P.T @ dO
    dP = dO @ V.T
    dS = dP / scale
    dQ = dS @ K
    dK = dS.T @ Q
    return dict(dQ=dQ, dK=dK, dV=dV)
