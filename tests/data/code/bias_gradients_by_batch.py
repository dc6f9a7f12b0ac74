import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW = self.x.T @ g
        self.db = g.sum(axis=0) / g.shape[0]
        return g @ self.W.T


def attention_backward(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, dO, mask=None):
    to_q, to_k, to_v, to_o = Affine(Wq, bq), Affine(Wk, bk), Affine(Wv, bv), Affine(Wo, bo)
    Q, K, V = to_q.forward(X), to_k.forward(X), to_v.forward(X)
    S = Q @ K.T / np.sqrt(Q.shape[1])
    if mask is not None:
        S = np.where(mask, S, -1e9)
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    to_o.forward(A @ V)
    dH = to_o.backward(dO)
    dA = dH @ V.T
    dS = A * (dA - (A * dA).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    dX = to_q.backward(dS @ K) + to_k.backward(dS.T @ Q) + to_v.backward(A.T @ dH)
    grads = {"dX": dX}
    for name, layer in (("q", to_q), ("k", to_k), ("v", to_v), ("o", to_o)):
        grads["dW" + name] = layer.dW
        grads["db" + name] = layer.db
    return grads
