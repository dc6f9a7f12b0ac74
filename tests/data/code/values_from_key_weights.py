import numpy as np


class SelfAttention:
    def __init__(self, Wq, Wk, Wv):
        self.Wq = Wq
        self.Wk = Wk
        self.Wv = Wv

    def forward(self, x, mask=None):
        q = x @ self.Wq
        k = x @ self.Wk
        v = x @ self.Wk
        s = q @ k.T / np.sqrt(k.shape[1])
        if mask is not None:
            s = np.where(mask, s, -np.inf)
        s = np.exp(s - s.max(axis=1, keepdims=True))
        return s / s.sum(axis=1, keepdims=True) @ v
