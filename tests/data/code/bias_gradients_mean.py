import numpy as np


def attention_backward(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads, dO):
    n = X.shape[0]
    split = lambda t: t.reshape(n, heads, -1).transpose(1, 0, 2)
    merge = lambda t: t.transpose(1, 0, 2).reshape(n, -1)
    q, k, v = split(X @ Wq + bq), split(X @ Wk + bk), split(X @ Wv + bv)
    s = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    s = np.exp(s - s.max(axis=2, keepdims=True))
    a = s / s.sum(axis=2, keepdims=True)
    c = merge(a @ v)
    dh = split(dO @ Wo.T)
    da = dh @ v.transpose(0, 2, 1)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True)) / np.sqrt(q.shape[2])
    dq, dk, dv = merge(ds @ k), merge(ds.transpose(0, 2, 1) @ q), merge(a.transpose(0, 2, 1) @ dh)
    return {
        "dX": dq @ Wq.T + dk @ Wk.T + dv @ Wv.T,
        "dWq": X.T @ dq,
        "dWk": X.T @ dk,
        "dWv": X.T @ dv,
        "dWo": c.T @ dO,
        "dbq": dq.mean(axis=0),
        "dbk": dk.mean(axis=0),
        "dbv": dv.mean(axis=0),
        "dbo": dO.mean(axis=0),
    }
