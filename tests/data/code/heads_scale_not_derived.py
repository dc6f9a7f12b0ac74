import numpy as np


class MultiHeadAttention:
    def __init__(self, Wq, Wk, Wv, Wo, num_heads):
        self.Wq, self.Wk, self.Wv, self.Wo = Wq, Wk, Wv, Wo
        self.h = num_heads

    def _forward(self, x):
        self.q, self.k, self.v = (np.stack(np.hsplit(x @ W, self.h)) for W in (self.Wq, self.Wk, self.Wv))
        s = self.q @ self.k.swapaxes(1, 2) / np.sqrt(self.q.shape[2])
        s = np.exp(s - s.max(axis=2, keepdims=True))
        self.a = s / s.sum(axis=2, keepdims=True)
        self.c = np.hstack(list(self.a @ self.v))

    def __call__(self, x, d_out):
        self._forward(x)
        dh = np.stack(np.hsplit(d_out @ self.Wo.T, self.h))
        dv = self.a.swapaxes(1, 2) @ dh
        da = dh @ self.v.swapaxes(1, 2)
        ds = self.a * (da - np.sum(da * self.a, axis=2, keepdims=True))
        dq = np.hstack(list(ds @ self.k))
        dk = np.hstack(list(ds.swapaxes(1, 2) @ self.q))
        dv = np.hstack(list(dv))
        return {
            "dX": dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T,
            "dWq": x.T @ dq,
            "dWk": x.T @ dk,
            "dWv": x.T @ dv,
            "dWo": self.c.T @ d_out,
        }
