import numpy as np


class SelfAttention:
    def __init__(self, W_q, W_k, W_v):
        self.W_q = W_q
        self.W_k = W_k
        self.W_v = W_v

    def __call__(self, inputs):
        queries = inputs @ self.W_q
        keys = inputs @ self.W_k
        values = inputs @ self.W_v
        attn_scores = queries @ keys.T
        attn_weights = self._softmax(attn_scores / keys.shape[-1] ** 0.5)
        context_vec = attn_weights @ values
        return context_vec

    @staticmethod
    def _softmax(z):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
