import numpy as np


def multi_head_backward(X, Wq, Wk, Wv, Wo, heads, dO, mask=None):
    n = X.shape[0]
    d_v = Wv.shape[1] // heads
    q, k, v = ((X @ W).reshape(n, heads, -1).transpose(1, 0, 2) for W in (Wq, Wk, Wv))
    scale = 1 / np.sqrt(q.shape[-1])
    s = q @ k.transpose(0, 2, 1) * scale
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    s = np.exp(s - s.max(axis=-1, keepdims=True))
    A = s / s.sum(axis=-1, keepdims=True)
    C = (A @ v).transpose(1, 0, 2).reshape(n, heads * d_v)

    dC = dO @ Wo.T
    dH = dC.reshape(heads, n, d_v)
    dA = dH @ v.transpose(0, 2, 1)
    dV = A.transpose(0, 2, 1) @ dH
    dS = A * (dA - (A * dA).sum(-1, keepdims=True)) * scale
    dQ = dS @ k
    dK = dS.transpose(0, 2, 1) @ q
    dQ, dK, dV = (t.transpose(1, 0, 2).reshape(n, -1) for t in (dQ, dK, dV))
    return {
        "dWq": X.T @ dQ,
        "dWk": X.T @ dK,
        "dWv": X.T @ dV,
        "dWo": C.T @ dO,
        "dX": dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T,
    }
