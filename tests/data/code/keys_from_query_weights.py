import numpy as np


def cross_attention(x, context, Wq, Wk, Wv, Wo, heads=1):
    split = lambda t: t.reshape(len(t), heads, -1).transpose(1, 0, 2)
    queries, keys, values = split(x @ Wq), split(context @ Wq), split(context @ Wv)
    w = queries @ keys.transpose(0, 2, 1) / queries.shape[-1] ** 0.5
    w = np.exp(w - w.max(axis=-1, keepdims=True))
    w /= w.sum(axis=-1, keepdims=True)
    return (w @ values).transpose(1, 0, 2).reshape(len(x), -1) @ Wo
