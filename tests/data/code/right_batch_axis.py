import numpy as np


def attention(x, Wq, Wk, Wv, Wo, n_head, mask=None):
    squeeze = x.ndim == 2
    if squeeze:
        x = x[np.newaxis]
    B, T, C = x.shape
    hs_k = Wq.shape[1] // n_head
    hs_v = Wv.shape[1] // n_head
    q = np.transpose((x @ Wq).reshape(B, T, n_head, hs_k), (0, 2, 1, 3))  # (B, nh, T, hs)
    k = np.transpose((x @ Wk).reshape(B, T, n_head, hs_k), (0, 2, 1, 3))
    v = np.transpose((x @ Wv).reshape(B, T, n_head, hs_v), (0, 2, 1, 3))
    att = (q @ np.transpose(k, (0, 1, 3, 2))) * (1.0 / np.sqrt(hs_k))
    if mask is not None:
        att = np.where(mask.reshape(1, 1, T, T), att, -np.inf)
    att = np.exp(att - att.max(-1, keepdims=True))
    att = att / att.sum(-1, keepdims=True)
    y = np.transpose(att @ v, (0, 2, 1, 3)).reshape(B, T, n_head * hs_v)
    y = y @ Wo
    return y[0] if squeeze else y
