import numpy as np


def attention(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads, mask=None):
    n = len(X)
    Q = (X @ Wq).reshape(n, heads, -1)
    K = (X @ Wk).reshape(n, heads, -1)
    V = (X @ Wv).reshape(n, heads, -1)
    S = np.einsum("ihd,jhd->hij", Q, K) * Q.shape[-1] ** -0.5
    if mask is not None:
        S[:, ~mask] = -np.inf
    S = np.exp(S - S.max(axis=2, keepdims=True))
    A = S / S.sum(axis=2, keepdims=True)
    return np.einsum("hij,jhd->ihd", A, V).reshape(n, -1) @ Wo + bo
