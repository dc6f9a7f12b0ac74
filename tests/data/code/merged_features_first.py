import numpy as np


def mha_einsum(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = x.shape[0]
    q = (x @ Wq).reshape(n, num_heads, -1)
    k = (x @ Wk).reshape(n, num_heads, -1)
    v = (x @ Wv).reshape(n, num_heads, -1)
    s = np.einsum("nhd,mhd->hnm", q, k) / np.sqrt(q.shape[-1])
    if mask is not None:
        s = np.where(mask, s, -1e9)
    s = np.exp(s - s.max(-1, keepdims=True))
    a = s / s.sum(-1, keepdims=True)
    o = np.einsum("hnm,mhd->ndh", a, v)
    return o.reshape(n, -1) @ Wo
