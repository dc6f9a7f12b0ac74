import numpy as np


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.out = e / e.sum(axis=-1, keepdims=True)
        return self.out

    def backward(self, grad):
        return grad * self.out * (1.0 - self.out)


def mha_backward(X, Wq, Wk, Wv, Wo, heads, dO, mask=None):
    n = X.shape[0]
    split = lambda t: t.reshape(n, heads, -1).transpose(1, 0, 2)
    join = lambda t: t.transpose(1, 0, 2).reshape(n, -1)
    q, k, v = split(X @ Wq), split(X @ Wk), split(X @ Wv)
    scale = 1 / np.sqrt(q.shape[-1])
    scores = q @ k.transpose(0, 2, 1) * scale
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    softmax = Softmax()
    weights = softmax.forward(scores)
    C = join(weights @ v)
    dH = split(dO @ Wo.T)
    dscores = softmax.backward(dH @ v.transpose(0, 2, 1)) * scale
    dq = join(dscores @ k)
    dk = join(dscores.transpose(0, 2, 1) @ q)
    dv = join(weights.transpose(0, 2, 1) @ dH)
    return {
        "dWq": X.T @ dq,
        "dWk": X.T @ dk,
        "dWv": X.T @ dv,
        "dWo": C.T @ dO,
        "dX": dq @ Wq.T + dk @ Wk.T + dv @ Wv.T,
    }
