import numpy as np


def masked_fill(x, where, value):
    y = x.copy()
    y[..., where] = value
    return y


class MultiHeadAttention:
    def __init__(self, w_q, w_k, w_v, w_o, h):
        self.w_q, self.w_k, self.w_v, self.w_o = w_q, w_k, w_v, w_o
        self.h = h

    def forward(self, q, k, v, mask=None):
        query, key, value = (
            (t @ w).reshape(t.shape[0], self.h, -1).transpose(1, 0, 2)
            for t, w in ((q, self.w_q), (k, self.w_k), (v, self.w_v))
        )
        attention_scores = (query @ key.transpose(0, 2, 1)) / np.sqrt(query.shape[-1])
        if mask is not None:
            attention_scores = masked_fill(attention_scores, mask == 0, -1e-9)
        attention_scores -= attention_scores.max(axis=-1, keepdims=True)
        attention_scores = np.exp(attention_scores)
        attention_scores /= attention_scores.sum(axis=-1, keepdims=True)
        x = (attention_scores @ value).transpose(1, 0, 2).reshape(q.shape[0], -1)
        return x @ self.w_o
