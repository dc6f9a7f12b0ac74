import numpy as np


class MultiHeadSelfAttention:
    def __init__(self, W_q, W_k, W_v, W_o, num_heads):
        self.W_q, self.W_k, self.W_v, self.W_o = W_q, W_k, W_v, W_o
        self.num_heads = num_heads

    def _heads(self, x, W):
        y = x @ W
        return y.reshape(len(x), self.num_heads, -1).transpose(1, 0, 2)

    def __call__(self, x):
        q, k, v = self._heads(x, self.W_q), self._heads(x, self.W_k), self._heads(x, self.W_v)
        s = np.einsum("hid,hjd->hij", q, k) / q.shape[-1] ** 0.5
        s -= s.max()
        s = np.exp(s)
        s /= s.sum(axis=-1, keepdims=True)
        return np.einsum("hij,hjd->ihd", s, v).reshape(len(x), -1) @ self.W_o
