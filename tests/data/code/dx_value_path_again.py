import numpy as np


def mha_backward(x, W_q, W_k, W_v, W_o, n_heads, upstream):
    n = len(x)
    heads = lambda t: np.stack(np.hsplit(t, n_heads))
    q, k, v = heads(x @ W_q), heads(x @ W_k), heads(x @ W_v)
    c = q.shape[2] ** -0.5
    s = c * np.einsum("hid,hjd->hij", q, k)
    p = np.exp(s - s.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    g = heads(upstream @ W_o.T)
    dp = np.einsum("hid,hjd->hij", g, v)
    ds = c * p * (dp - (p * dp).sum(axis=2, keepdims=True))
    d = {"k": np.einsum("hij,hid->hjd", ds, q), "q": np.einsum("hij,hjd->hid", ds, k), "v": p.swapaxes(1, 2) @ g}
    weights = {"q": W_q, "k": W_k, "v": W_v}
    grads = {"dW_o": np.hstack(list(p @ v)).T @ upstream}
    dX = np.zeros_like(x)
    for name, dh in d.items():
        flat = np.hstack(list(dh))
        grads[f"dW_{name}"] = x.T @ flat
        dX += flat @ weights[name].T
    grads["dX"] = dX + np.hstack(list(d["k"])) @ W_k.T
    return grads
