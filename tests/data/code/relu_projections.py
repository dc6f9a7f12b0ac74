import numpy as np


class Dense:
    def __init__(self, W, b=0.0):
        self.W, self.b = W, b

    def __call__(self, x):
        return np.maximum(x @ self.W + self.b, 0)


def attention(x, Wq, Wk, Wv, bq=0.0, bk=0.0, bv=0.0, heads=1, mask=None):
    q, k, v = Dense(Wq, bq)(x), Dense(Wk, bk)(x), Dense(Wv, bv)(x)
    outs = []
    for qh, kh, vh in zip(np.split(q, heads, 1), np.split(k, heads, 1), np.split(v, heads, 1)):
        s = qh @ kh.T / np.sqrt(kh.shape[1])
        if mask is not None:
            s = np.where(mask, s, -1e9)
        s = np.exp(s - s.max(1, keepdims=True))
        outs.append(s / s.sum(1, keepdims=True) @ vh)
    return np.concatenate(outs, axis=1)
