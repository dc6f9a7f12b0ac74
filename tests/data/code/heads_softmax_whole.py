import numpy as np


def softmax(z):
    ez = np.exp(z - z.max())
    return ez / ez.sum()


class AttentionLayer:
    def __init__(self, W_Q, W_K, W_V, W_O, num_heads):
        self.params = {"Q": W_Q, "K": W_K, "V": W_V}
        self.W_O = W_O
        self.num_heads = num_heads

    def forward(self, x, causal=False):
        n = x.shape[0]
        parts = {name: np.array_split(x @ W, self.num_heads, axis=1) for name, W in self.params.items()}
        heads = []
        for h in range(self.num_heads):
            q, k, v = parts["Q"][h], parts["K"][h], parts["V"][h]
            s = q @ k.T / np.sqrt(q.shape[1])
            if causal:
                s = np.where(np.tril(np.ones((n, n))) == 1, s, -1e9)
            heads.append(softmax(s) @ v)
        return np.concatenate(heads, axis=1) @ self.W_O
