import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads, mask=None):
    n, d_out = X.shape[0], Wo.shape[1]
    Q, K, V = X @ Wq + bq, X @ Wk + bk, X @ Wv + bv
    out = np.zeros((n, d_out))
    for q, k, v, wo in zip(np.hsplit(Q, heads), np.hsplit(K, heads), np.hsplit(V, heads), np.vsplit(Wo, heads)):
        s = q @ k.T / np.sqrt(q.shape[1])
        if mask is not None:
            s = np.where(mask, s, -1e9)
        w = np.exp(s - s.max(axis=1, keepdims=True))
        w /= w.sum(axis=1, keepdims=True)
        out += w @ v @ wo + bo
    return out
