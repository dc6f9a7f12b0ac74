import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, bq=None, bk=None, bv=None, bo=None, heads=1, mask=None):
    n = X.shape[0]

    def project(W, b):
        y = X @ W if b is None else X @ W + b
        return y.reshape(n, heads, -1).transpose(1, 0, 2)

    Q, K, V = project(Wq, bq), project(Wk, bk), project(Wv, bv)
    scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    scores -= scores.max(axis=-1, keepdims=True)
    A = np.exp(scores)
    A /= A.sum(axis=-1, keepdims=True)
    H = A @ V
    out = H.reshape(n, -1) @ Wo
    return out if bo is None else out + bo
