import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, heads, mask=None):
    n = X.shape[0]

    def split_heads(M):
        return M.reshape(n, -1, heads).transpose(2, 0, 1)  # (heads, n, d)

    Q, K, V = split_heads(X @ Wq), split_heads(X @ Wk), split_heads(X @ Wv)
    scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[2])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=2, keepdims=True))
    A = e / e.sum(axis=2, keepdims=True)
    return np.concatenate(list(A @ V), axis=1) @ Wo
