import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, bo=None, heads=1, mask=None):
    Wo_heads = np.split(Wo, heads, axis=0)
    results = []
    for wq, wk, wv, wo in zip(np.hsplit(Wq, heads), np.hsplit(Wk, heads), np.hsplit(Wv, heads), Wo_heads):
        scores = (X @ wq) @ (X @ wk).T / np.sqrt(wq.shape[1])
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        results.append(weights @ (X @ wv) @ wo)
    out = np.mean(results, axis=0)
    return out if bo is None else out + bo
