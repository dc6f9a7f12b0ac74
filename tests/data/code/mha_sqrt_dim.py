import numpy as np


class MultiHeadAttention:
    def __init__(self, Wq, Wk, Wv, Wo, n_heads):
        self.Wq, self.Wk, self.Wv, self.Wo = Wq, Wk, Wv, Wo
        self.n_heads = n_heads
        self.scale = Wk.shape[1] ** -0.5

    def __call__(self, x, mask=None):
        n = x.shape[0]
        q = (x @ self.Wq).reshape(n, self.n_heads, -1).transpose(1, 0, 2)
        k = (x @ self.Wk).reshape(n, self.n_heads, -1).transpose(1, 0, 2)
        v = (x @ self.Wv).reshape(n, self.n_heads, -1).transpose(1, 0, 2)
        dots = np.matmul(q, k.transpose(0, 2, 1)) * self.scale
        if mask is not None:
            dots = np.where(mask, dots, -1e9)
        dots -= dots.max(axis=-1, keepdims=True)
        attn = np.exp(dots)
        attn /= attn.sum(axis=-1, keepdims=True)
        out = np.matmul(attn, v).transpose(1, 0, 2).reshape(n, -1)
        return out @ self.Wo
