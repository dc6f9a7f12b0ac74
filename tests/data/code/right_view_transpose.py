import numpy as np


def multi_head_attention(x, w_q, w_k, w_v, w_o, num_heads, mask=None):
    T, C = x.shape
    q = (x @ w_q).reshape(T, num_heads, -1).transpose(1, 0, 2)  # (h, T, d_k)
    k = (x @ w_k).reshape(T, num_heads, -1).transpose(1, 0, 2)
    v = (x @ w_v).reshape(T, num_heads, -1).transpose(1, 0, 2)
    att = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if mask is not None:
        att = np.where(mask[None], att, -1e9)
    att = att - att.max(axis=-1, keepdims=True)
    att = np.exp(att)
    att = att / att.sum(axis=-1, keepdims=True)
    y = att @ v  # (h, T, d_v)
    y = y.transpose(1, 0, 2).reshape(T, -1)
    return y @ w_o
