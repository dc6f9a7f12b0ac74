import numpy as np


class Attention:
    def __init__(self, Wq, Wk, Wv):
        self.Wq, self.Wk, self.Wv = Wq, Wk, Wv

    def __call__(self, x, dO):
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        s = q @ k.T / np.sqrt(k.shape[1])
        a = np.exp(s - s.max(axis=1, keepdims=True))
        a /= a.sum(axis=1, keepdims=True)
        da = dO @ v.T
        ds = a * (da - (a * da).sum(axis=1, keepdims=True)) / np.sqrt(k.shape[1])
        dx = ds @ k @ self.Wq.T + ds.T @ q @ self.Wk.T + a.T @ dO @ self.Wv.T
        grads = {"dW" + name: np.zeros((x.shape[1], dO.shape[1])) for name in "qkv"}
        for token, g in zip(x, dO):
            for name in grads:
                grads[name] += np.outer(token, g)
        grads["dX"] = dx
        return grads
