import numpy as np


class AttentionHead:
    def __init__(self, Wq, Wk, Wv):
        self.Wq, self.Wk, self.Wv = Wq, Wk, Wv

    def scores(self, q, k):
        return (q @ self.Wq) @ (k @ self.Wk).T / np.sqrt(self.Wk.shape[1])

    def forward(self, x):
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        s = self.scores(q, k)
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True) @ (v @ self.Wv)
