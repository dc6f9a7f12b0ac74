import numpy as np


def mha_backward(x, Wq, Wk, Wv, Wo, num_heads, grad_output):
    n = len(x)
    q, k, v = ((x @ W).reshape(n, num_heads, -1) for W in (Wq, Wk, Wv))
    scale = q.shape[-1] ** -0.5
    w = np.einsum("ihd,jhd->hij", q, k) * scale
    w = np.exp(w - w.max(axis=-1, keepdims=True))
    w /= w.sum(axis=-1, keepdims=True)
    heads = np.einsum("hij,jhd->ihd", w, v).reshape(n, -1)
    grad_Wo = heads.T @ grad_output
    g = (grad_output @ Wo.T).reshape(n, num_heads, -1)
    gw = np.einsum("ihd,jhd->hij", g, v)
    gs = gw * w * scale
    gq = np.einsum("hij,jhd->ihd", gs, k).reshape(n, -1)
    gk = np.einsum("hij,ihd->jhd", gs, q).reshape(n, -1)
    gv = np.einsum("hij,ihd->jhd", w, g).reshape(n, -1)
    grad_Wq, grad_Wk, grad_Wv = x.T @ gq, x.T @ gk, x.T @ gv
    grad_X = gq @ Wq.T + gk @ Wk.T + gv @ Wv.T
    return grad_X, grad_Wq, grad_Wk, grad_Wv, grad_Wo
