import numpy as np


def mha_einsum(X, Wq, Wk, Wv, Wo, n_heads=1, mask=None):
    d_model = X.shape[1]
    wq = Wq.reshape(d_model, n_heads, -1)
    wk = Wk.reshape(d_model, n_heads, -1)
    wv = Wv.reshape(d_model, n_heads, -1)
    wo = Wo.reshape(n_heads, -1, Wo.shape[1])
    q = np.einsum("nd,dhk->hnk", X, wq)
    k = np.einsum("md,dhk->hmk", X, wk)
    v = np.einsum("md,dhv->hmv", X, wv)
    logits = np.einsum("hnk,hmk->hnm", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        logits = np.where(mask, logits, np.finfo(logits.dtype).min)
    logits -= logits.max(-1, keepdims=True)
    w = np.exp(logits)
    w /= w.sum(-1, keepdims=True)
    return np.einsum("hnm,hmv,hvo->no", w, v, wo)
