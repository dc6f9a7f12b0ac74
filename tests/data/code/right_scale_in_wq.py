import numpy as np


def attention(X, Wq, Wk, Wv, heads=1, mask=None):
    d_k = Wq.shape[1] // heads
    d_v = Wv.shape[1] // heads
    Wq = Wq / np.sqrt(d_k)  # fold the temperature into the query weights
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    out = np.empty((X.shape[0], heads * d_v))
    for i in range(heads):
        logits = Q[:, i * d_k : (i + 1) * d_k] @ K[:, i * d_k : (i + 1) * d_k].T
        if mask is not None:
            logits = logits + np.where(mask, 0.0, -1e9)
        logits -= logits.max(axis=1)[:, None]
        P = np.exp(logits)
        P /= P.sum(axis=1)[:, None]
        out[:, i * d_v : (i + 1) * d_v] = P @ V[:, i * d_v : (i + 1) * d_v]
    return out
