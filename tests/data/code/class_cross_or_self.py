import numpy as np


def _softmax(s):
    s = np.exp(s - s.max(axis=1, keepdims=True))
    return s / s.sum(axis=1, keepdims=True)


class Attention:
    def __init__(self, Wq, Wk, Wv):
        self.Wq, self.Wk, self.Wv = Wq, Wk, Wv

    def forward(self, x, memory=None, mask=None):
        if memory is None:
            return self._self(x, mask)
        return self._cross(x, memory)

    def _scores(self, x, y):
        return (x @ self.Wq) @ (y @ self.Wk).T / np.sqrt(self.Wk.shape[1])

    def _self(self, x, mask):
        s = self._scores(x, x)
        if mask is not None:
            s[~mask] = -np.inf
        return _softmax(s) @ (x @ self.Wv)

    def _cross(self, x, memory):
        return _softmax(self._scores(x, memory)) @ (memory @ self.Wv)
