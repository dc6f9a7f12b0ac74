import numpy as np


def mha_backward(X, Wq, Wk, Wv, Wo, heads, dO):
    n = X.shape[0]
    split = lambda t: t.reshape(n, heads, -1).transpose(1, 0, 2)
    merge = lambda t: t.transpose(1, 0, 2).reshape(n, -1)
    q, k, v = split(X @ Wq), split(X @ Wk), split(X @ Wv)
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    s = np.exp(s - s.max(axis=2, keepdims=True))
    a = s / s.sum(axis=2, keepdims=True)
    grads = {"dWo": merge(a @ v).T @ dO}
    dh = split(dO @ Wo.T)
    da = dh @ v.transpose(0, 2, 1)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True)) / np.sqrt(q.shape[2])
    back = {"q": merge(ds @ k), "k": merge(ds.transpose(0, 2, 1) @ q), "v": merge(a.transpose(0, 2, 1) @ dh)}
    weights = {"q": Wq, "k": Wk, "v": Wv}
    for name, d in back.items():
        grads["dW" + name] = X.T @ d
        grads["dX"] = d @ weights[name].T
    return grads
