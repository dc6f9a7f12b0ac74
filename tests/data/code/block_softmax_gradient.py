import numpy as np


def flash_attention_backward(Q, K, V, dO, block=2):
    scale = Q.shape[1] ** -0.5
    S = Q @ K.T * scale
    L = S.max(axis=1, keepdims=True)
    L = L + np.log(np.exp(S - L).sum(axis=1, keepdims=True))
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for j in range(0, K.shape[0], block):
        Kj, Vj = K[j : j + block], V[j : j + block]
        Sj = Q @ Kj.T * scale
        P = np.exp(Sj - L)
        dV[j : j + block] = P.T @ dO
        dP = dO @ Vj.T
        local = np.exp(Sj - Sj.max(axis=1, keepdims=True))
        local /= local.sum(axis=1, keepdims=True)
        dS = P * (dP - np.sum(local * dP, axis=1, keepdims=True)) * scale
        dQ += dS @ Kj
        dK[j : j + block] = dS.T @ Q
    return dQ, dK, dV
