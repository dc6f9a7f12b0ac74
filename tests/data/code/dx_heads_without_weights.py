import numpy as np


def mha_backward(X, Wq, Wk, Wv, Wo, num_heads, dO):
    n = X.shape[0]
    split = lambda t: t.reshape(n, num_heads, -1).transpose(1, 0, 2)
    merge = lambda t: t.transpose(1, 0, 2).reshape(n, -1)
    q, k, v = split(X @ Wq), split(X @ Wk), split(X @ Wv)
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    a = np.exp(s - s.max(axis=2, keepdims=True))
    a /= a.sum(axis=2, keepdims=True)
    dh = split(dO @ Wo.T)
    da = dh @ v.transpose(0, 2, 1)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True)) / np.sqrt(q.shape[2])
    dq, dk, dv = merge(ds @ k), merge(ds.transpose(0, 2, 1) @ q), merge(a.transpose(0, 2, 1) @ dh)
    grads = {"dWq": X.T @ dq, "dWk": X.T @ dk, "dWv": X.T @ dv, "dWo": merge(a @ v).T @ dO}
    grads["dX"] = dq + dk
    grads["dX"] += dv
    return grads
