import numpy as np


class MultiHeadAttention:
    def __init__(self, W_q, W_k, W_v, W_o, b_q, b_k, b_v, b_o, n_head):
        self.proj = ((W_q, b_q), (W_k, b_k), (W_v, b_v))
        self.out_proj = (W_o, b_o)
        self.n_head = n_head

    def forward(self, x, is_causal=False):
        heads = [np.split(x @ W + b, self.n_head, axis=1) for W, b in self.proj]
        outputs = []
        for q, k, v in zip(*heads):
            att = q @ k.T / np.sqrt(k.shape[1])
            if is_causal:
                att = np.where(np.tril(np.ones(att.shape)) == 0, -1e9, att)
            att = np.exp(att - att.max(axis=1, keepdims=True))
            outputs.append(att / att.sum(axis=1, keepdims=True) @ v)
        out = np.concatenate(outputs, axis=1)
        return out
