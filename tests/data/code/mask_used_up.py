import numpy as np


class MultiHead:
    def __init__(self, Wq, Wk, Wv, Wo, heads):
        self.heads = heads
        self.Wo = Wo
        self.per_head = list(zip(*(np.split(W, heads, axis=1) for W in (Wq, Wk, Wv))))

    def __call__(self, X, mask=None):
        outputs = []
        for wq, wk, wv in self.per_head:
            s = (X @ wq) @ (X @ wk).T / np.sqrt(wq.shape[1])
            if mask is not None:
                s = np.where(mask, s, -1e9)
                mask = None
            p = np.exp(s - s.max(axis=1, keepdims=True))
            outputs.append(p / p.sum(axis=1, keepdims=True) @ (X @ wv))
        return np.concatenate(outputs, axis=1) @ self.Wo
