import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, heads, mask=None):
    n, d_k, d_v = X.shape[0], Wq.shape[1] // heads, Wv.shape[1] // heads
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = np.stack([Q[:, h * d_k : (h + 1) * d_k] @ K[:, h * d_k : (h + 1) * d_k].T for h in range(heads)])
    outs = []
    for h in range(heads):
        S = S / np.sqrt(d_k)
        s = S[h] if mask is None else np.where(mask, S[h], -np.inf)
        e = np.exp(s - s.max(axis=1, keepdims=True))
        outs.append(e / e.sum(axis=1, keepdims=True) @ V[:, h * d_v : (h + 1) * d_v])
    return np.hstack(outs) @ Wo
