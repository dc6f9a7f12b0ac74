import numpy as np


def attention_backward(Q, K, V, dO):
    root = np.sqrt(Q.shape[1])
    A = np.exp((Q @ K.T - (Q @ K.T).max(axis=1, keepdims=True)) / root)
    A /= A.sum(axis=1, keepdims=True)
    dA = dO @ V.T
    dS = (A * dA - A * (A * dA).sum(axis=1, keepdims=True)) / root
    dQ = dS @ K
    dK = dS @ Q
    dV = A.T @ dO
    return dQ, dK, dV
