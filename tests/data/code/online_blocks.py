import numpy as np


def flash_attention(Q, K, V, block_size=2):
    n, d = Q.shape
    scale = 1.0 / np.sqrt(d)
    O = np.zeros((n, V.shape[1]))
    row_max = np.full((n, 1), -np.inf)
    row_sum = np.zeros((n, 1))
    for start in range(0, K.shape[0], block_size):
        Kj = K[start : start + block_size]
        Vj = V[start : start + block_size]
        S = Q @ Kj.T * scale
        new_max = np.maximum(row_max, S.max(axis=1, keepdims=True))
        P = np.exp(S - new_max)
        row_sum = row_sum * np.exp(row_max - new_max) + P.sum(axis=1, keepdims=True)
        O = O + P @ Vj
        row_max = new_max
    return O / row_sum
