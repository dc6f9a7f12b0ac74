import numpy as np


class MHAttention:
    def __init__(self, W_q, W_k, W_v, heads):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.heads = heads

    def forward(self, inputs):
        rows = len(inputs)
        Q = (inputs @ self.W_q).reshape(rows, self.heads, -1)
        K = (inputs @ self.W_k).reshape(rows, self.heads, -1)
        V = (inputs @ self.W_v).reshape(rows, self.heads, -1)
        energy = np.einsum("nqd,nkd->nqk", Q, K) / Q.shape[2] ** 0.5
        energy = np.exp(energy - energy.max(axis=2, keepdims=True))
        attention = energy / energy.sum(axis=2, keepdims=True)
        return np.einsum("nqk,nkd->nqd", attention, V).reshape(rows, -1)
