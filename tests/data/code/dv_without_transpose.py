import numpy as np


def self_attention_backward(x, W_q, W_k, W_v, upstream, mask=None):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    s = q @ k.T / np.sqrt(q.shape[1])
    if mask is not None:
        s = np.where(mask, s, -1e9)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dv = p @ upstream
    dp = upstream @ v.T
    ds = p * (dp - np.einsum("ij,ij->i", p, dp)[:, None]) / np.sqrt(q.shape[1])
    dq = ds @ k
    dk = ds.T @ q
    return {
        "dX": dq @ W_q.T + dk @ W_k.T + dv @ W_v.T,
        "dW_q": x.T @ dq,
        "dW_k": x.T @ dk,
        "dW_v": x.T @ dv,
    }
