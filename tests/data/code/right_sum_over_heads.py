import numpy as np


def multi_head(X, Wq, Wk, Wv, Wo, bo=None, heads=1, mask=None):
    """Instead of concatenating: every head is multiplied with its own rows of Wo, and the results are summed."""
    d_k, d_v = Wq.shape[1] // heads, Wv.shape[1] // heads
    total = 0.0
    for h in range(heads):
        ks, vs = slice(h * d_k, (h + 1) * d_k), slice(h * d_v, (h + 1) * d_v)
        q, k, v = X @ Wq[:, ks], X @ Wk[:, ks], X @ Wv[:, vs]
        s = q @ k.T / np.sqrt(d_k)
        if mask is not None:
            s = np.ma.array(s, mask=~mask).filled(-np.inf)
        a = np.exp(s - s.max(1, keepdims=True))
        a /= a.sum(1, keepdims=True)
        total = total + a @ v @ Wo[vs]
    return total if bo is None else total + bo
