import numpy as np


def self_attn(x, w_q, w_k, w_v, w_out, n_heads, mask=None):
    n, _ = x.shape
    # keep the head axis last: (n, d, h)
    q = (x @ w_q).reshape(n, n_heads, -1).transpose(0, 2, 1)
    k = (x @ w_k).reshape(n, n_heads, -1).transpose(0, 2, 1)
    v = (x @ w_v).reshape(n, n_heads, -1).transpose(0, 2, 1)
    s = np.tensordot(q, k, axes=0)  # (n, d, h, m, d, h)
    s = np.einsum("ndhmdh->nmh", s) / np.sqrt(q.shape[1])
    if mask is not None:
        s = np.where(mask[:, :, None], s, -np.inf)
    s = s - s.max(axis=1, keepdims=True)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    o = np.einsum("nmh,mdh->nhd", p, v)
    return o.reshape(n, -1) @ w_out
