import numpy as np


class MultiHeadAttention:
    def __init__(self, Wq, Wk, Wv, Wo, n_heads):
        self.layers = [W.T for W in (Wq, Wk, Wv)]
        self.Wo = Wo
        self.n_heads = n_heads

    def forward(self, x, mask=None):
        q, k, v = (np.hsplit(np.matmul(x, W), self.n_heads) for W in self.layers)
        heads = []
        for i in range(self.n_heads):
            s = q[i] @ k[i].T / np.sqrt(q[i].shape[1])
            if mask is not None:
                s = np.where(mask, s, -1e9)
            s = np.exp(s - s.max(axis=1, keepdims=True))
            heads.append(s / s.sum(axis=1, keepdims=True) @ v[i])
        return np.concatenate(heads, axis=1) @ self.Wo
