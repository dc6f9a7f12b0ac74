import numpy as np


def softmax_backward(A, dA):
    return A * (dA - (A * dA).sum(axis=-1, keepdims=True))


def attention_backward(Q, K, V, dO):
    d_k = Q.shape[-1]
    S = Q @ K.T / np.sqrt(d_k)
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A = A / A.sum(axis=-1, keepdims=True)
    dA = dO @ V.T
    dS = softmax_backward(A, dA) * dA
    dQ = dS @ K / np.sqrt(d_k)
    dK = dS.T @ Q / np.sqrt(d_k)
    dV = A.T @ dO
    return dQ, dK, dV
