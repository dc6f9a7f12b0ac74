import numpy as np


def mha_grads(X, Wq, Wk, Wv, Wo, heads, dO):
    n = len(X)
    q, k, v = ((X @ W).reshape(n, heads, -1) for W in (Wq, Wk, Wv))
    scale = q.shape[2] ** -0.5
    a = np.einsum("ihd,jhd->hij", q, k) * scale
    a = np.exp(a - a.max(axis=2, keepdims=True))
    a /= a.sum(axis=2, keepdims=True)
    c = np.einsum("hij,jhd->ihd", a, v).reshape(n, -1)
    g = (dO @ Wo.T).reshape(n, heads, -1)
    dv = np.einsum("hij,jhd->ihd", a, g).reshape(n, -1)
    da = np.einsum("ihd,jhd->hij", g, v)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True)) * scale
    dq = np.einsum("hij,jhd->ihd", ds, k).reshape(n, -1)
    dk = np.einsum("hij,ihd->jhd", ds, q).reshape(n, -1)
    dX = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    dWq, dWk, dWv, dWo = X.T @ dq, X.T @ dk, X.T @ dv, c.T @ dO
    return dX, dWq, dWk, dWv, dWo
