import numpy as np


def attention(x, Wq, Wk, Wv, Wo, num_heads=1):
    queries, keys, values = x @ Wq, x @ Wk, x @ Wv
    outs = []
    for h in range(num_heads):
        q, k, v = queries[:, h::num_heads], keys[:, h::num_heads], values[:, h::num_heads]
        s = q @ k.T / np.sqrt(k.shape[1])
        s = np.exp(s - s.max(1, keepdims=True))
        outs.append(s / s.sum(1, keepdims=True) @ v)
    return np.hstack(outs) @ Wo
