import numpy as np


class Attention:
    def __init__(self, Wq, Wk, Wv):
        self.Wq, self.Wk, self.Wv = Wq, Wk, Wv

    def forward(self, x, mask=None):
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        v = v / np.linalg.norm(v, axis=1, keepdims=True)
        s = q @ k.T / np.sqrt(k.shape[1])
        if mask is not None:
            s = np.where(mask, s, -np.inf)
        s = np.exp(s - s.max(axis=1, keepdims=True))
        return s / s.sum(axis=1, keepdims=True) @ v
