import numpy as np


def mha_backward(x, Wq, Wk, Wv, Wo, num_heads, grad_out, mask=None):
    n = x.shape[0]

    def split(t):
        return t.reshape(n, num_heads, -1).transpose(1, 0, 2)

    def merge(t):
        return t.transpose(1, 0, 2).reshape(n, -1)

    # forward
    q, k, v = split(x @ Wq), split(x @ Wk), split(x @ Wv)
    scale = q.shape[-1] ** -0.5
    s = q @ k.transpose(0, 2, 1) * scale
    if mask is not None:
        s = np.where(mask, s, -1e9)
    e = np.exp(s - s.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    concat = merge(p @ v)

    # backward
    dWo = concat.T @ grad_out
    dh = split(grad_out @ Wo.T)
    dv = p.transpose(0, 2, 1) @ dh
    dp = dh @ v.transpose(0, 2, 1)
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True)) * scale
    dq, dk = ds @ k, ds.transpose(0, 2, 1) @ q
    dq, dk, dv = merge(dq), merge(dk), merge(dv)
    return {
        "dX": dq @ Wq.T + dk @ Wk.T + dv @ Wv.T,
        "dWq": x.T @ dq,
        "dWk": x.T @ dk,
        "dWv": x.T @ dv,
        "dWo": dWo,
    }
