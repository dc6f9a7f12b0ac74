import random

import numpy as np


class MultiHeadAttention:
    def __init__(self, W_q, W_k, W_v, W_o, num_heads, dropout_rate=0.2):
        self.W_q, self.W_k, self.W_v, self.W_o = W_q, W_k, W_v, W_o
        self.num_heads = num_heads
        self.dropout_rate = dropout_rate

    def dropout(self, weights):
        keep = 1 - self.dropout_rate
        return np.array([[w / keep if random.random() < keep else 0.0 for w in row] for row in weights])

    def __call__(self, x, mask=None):
        out = []
        for q, k, v in zip(*(np.hsplit(x @ W, self.num_heads) for W in (self.W_q, self.W_k, self.W_v))):
            s = q @ k.T / np.sqrt(q.shape[1])
            if mask is not None:
                s = np.where(mask, s, -np.inf)
            s = np.exp(s - s.max(axis=1, keepdims=True))
            out.append(self.dropout(s / s.sum(axis=1, keepdims=True)) @ v)
        return np.hstack(out) @ self.W_o
