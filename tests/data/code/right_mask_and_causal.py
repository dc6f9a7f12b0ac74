import numpy as np


def attention(X, Wq, Wk, Wv, bq=None, bk=None, bv=None, mask=None, causal=False):
    Q, K, V = (X @ W + (0 if b is None else b) for W, b in ((Wq, bq), (Wk, bk), (Wv, bv)))
    n = len(X)
    visible = np.ones((n, n), dtype=bool)
    if causal:
        visible &= np.tril(visible)
    if mask is not None:
        visible &= np.asarray(mask, dtype=bool)
    logits = np.full((n, n), -np.inf)
    i, j = np.nonzero(visible)
    logits[i, j] = np.einsum("pd,pd->p", Q[i], K[j]) / np.sqrt(Q.shape[1])
    P = np.exp(logits - logits.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    return P @ V
