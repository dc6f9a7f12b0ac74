import numpy as np


def mha(X, Wq, Wk, Wv, Wo, heads):
    n = len(X)
    Q = (X @ Wq).reshape(n, heads, -1).transpose(1, 0, 2)
    K = (X @ Wk).reshape(n, heads, -1).transpose(1, 0, 2)
    V = (X @ Wv).reshape(n, heads, -1).transpose(1, 0, 2)
    scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[2])
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = exp / exp.sum(axis=1, keepdims=True)
    return (weights @ V).transpose(1, 0, 2).reshape(n, -1) @ Wo
