import numpy as np


def attention(Q, K, V, mask=None):
    d_k = K.shape[-1]
    logits = np.matmul(Q, K.T) * np.sqrt(d_k)
    if mask is not None:
        logits = np.where(mask, logits, -1e30)
    logits = logits - np.max(logits, axis=-1, keepdims=True)
    probs = np.exp(logits)
    probs = probs / np.sum(probs, axis=-1, keepdims=True)
    return np.matmul(probs, V), probs
