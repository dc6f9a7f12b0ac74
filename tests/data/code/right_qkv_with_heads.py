import numpy as np


def multi_head_attention(Q, K, V, num_heads, mask=None):
    """Q, K and V are projected already; only splits, attends and joins."""
    result = np.zeros((Q.shape[0], V.shape[1]))
    d_k, d_v = Q.shape[1] // num_heads, V.shape[1] // num_heads
    for h in range(num_heads):
        q = Q[:, h * d_k : (h + 1) * d_k]
        k = K[:, h * d_k : (h + 1) * d_k]
        v = V[:, h * d_v : (h + 1) * d_v]
        scores = q @ k.T / d_k**0.5
        if mask is not None:
            scores = np.where(mask, scores, -1e15)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        result[:, h * d_v : (h + 1) * d_v] = weights @ v
    return result
