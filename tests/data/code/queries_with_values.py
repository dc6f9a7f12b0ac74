import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, num_heads, causal=False):
    n = X.shape[0]
    q, k, v = (np.stack(np.hsplit(X @ W, num_heads)) for W in (Wq, Wk, Wv))
    scores = np.einsum("hid,hjd->hij", q, v) / np.sqrt(k.shape[-1])
    if causal:
        scores = np.where(np.tri(n) > 0, scores, -1e9)
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return np.hstack(list(p @ v)) @ Wo
