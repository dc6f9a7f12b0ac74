import numpy as np


def _dot_product(q, k, v, mask=None):
    s = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    p = np.exp(s - s.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True) @ v


def _heads(x, w, h):
    return (x @ w).reshape(len(x), h, -1).swapaxes(0, 1)


class MHA:
    def __init__(self, Wq, Wk, Wv, Wo, heads):
        self.Wq, self.Wk, self.Wv, self.Wo, self.heads = Wq, Wk, Wv, Wo, heads

    def __call__(self, x, mask=None):
        q, k, v = (_heads(x, w, self.heads) for w in (self.Wq, self.Wk, self.Wv))
        y = _dot_product(q, k, v)
        return y.swapaxes(0, 1).reshape(len(x), -1) @ self.Wo
