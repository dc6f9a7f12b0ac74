import numpy as np


class Attention:
    def __init__(self, W_q, b_q, W_k, b_k, W_v, b_v):
        self.query = (W_q, b_k)
        self.key = (W_k, b_q)
        self.value = (W_v, b_v)

    def __call__(self, x, mask=None):
        q, k, v = (x @ W + b for W, b in (self.query, self.key, self.value))
        s = q @ k.T / np.sqrt(q.shape[1])
        if mask is not None:
            s = np.where(mask, s, -np.inf)
        s = np.exp(s - s.max(axis=1, keepdims=True))
        return s / s.sum(axis=1, keepdims=True) @ v
