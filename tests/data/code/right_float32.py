import numpy as np


def attention_f32(query, key, value, attn_mask=None):
    q = query.astype(np.float32)
    k = key.astype(np.float32)
    v = value.astype(np.float32)
    s = q @ k.T * np.float32(q.shape[-1] ** -0.5)
    if attn_mask is not None:
        s = np.where(attn_mask, s, np.float32(-1e30))
    s = s - s.max(-1, keepdims=True)
    p = np.exp(s)
    p /= p.sum(-1, keepdims=True)
    return p @ v
