import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n = x.shape[0]
    qkv = x @ np.concatenate([Wq, Wk, Wv], axis=1)
    qkv = qkv.reshape(n, num_heads, -1).transpose(1, 0, 2)  # (h, n, 3 d)
    q, k, v = np.split(qkv, 3, axis=-1)
    logits = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        logits = np.where(mask, logits, -9e15)
    logits -= logits.max(axis=-1, keepdims=True)
    attention = np.exp(logits)
    attention /= attention.sum(axis=-1, keepdims=True)
    values = (attention @ v).transpose(1, 0, 2).reshape(n, -1)
    return values @ Wo
