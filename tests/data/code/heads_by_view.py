import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multi_head_attention(X, Wq, Wk, Wv, Wo, heads, mask=None):
    n = X.shape[0]
    d_k = Wq.shape[1] // heads
    d_v = Wv.shape[1] // heads

    Q = (X @ Wq).reshape(heads, n, d_k)
    K = (X @ Wk).reshape(heads, n, d_k)
    V = (X @ Wv).reshape(heads, n, d_v)

    scores = Q @ K.transpose(0, 2, 1) / np.sqrt(d_k)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = softmax(scores)

    H = weights @ V  # (heads, n, d_v)
    C = np.concatenate(list(H), axis=1)  # (n, heads * d_v)
    return C @ Wo
