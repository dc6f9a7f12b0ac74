import numpy as np


def mha_backward(X, Wq, Wk, Wv, Wo, num_heads, dO):
    n = X.shape[0]
    to_heads = lambda t: t.reshape(n, num_heads, -1).swapaxes(0, 1)
    to_rows = lambda t: t.swapaxes(0, 1).reshape(n, -1)
    q, k, v = to_heads(X @ Wq), to_heads(X @ Wk), to_heads(X @ Wv)
    s = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2])
    s = np.exp(s - s.max(axis=2, keepdims=True))
    a = s / s.sum(axis=2, keepdims=True)
    c = to_rows(a @ v)
    dWo = c.T @ dO
    dh = to_heads(dO @ Wo)
    da = dh @ v.swapaxes(1, 2)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True)) / np.sqrt(q.shape[2])
    dq, dk, dv = to_rows(ds @ k), to_rows(ds.swapaxes(1, 2) @ q), to_rows(a.swapaxes(1, 2) @ dh)
    dWq, dWk, dWv = X.T @ dq, X.T @ dk, X.T @ dv
    dX = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dX, dWq, dWk, dWv, dWo
