import numpy as np


def self_attention(inputs, w_q, w_k, w_v, mask=None):
    q, k, v = inputs @ w_q, inputs @ w_k, inputs @ w_v
    logits = q @ k.T / np.sqrt(k.shape[1])
    if mask is not None:
        logits = np.where(mask, logits, -1e9)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    attn = e / e.sum(axis=1)
    return attn @ v
