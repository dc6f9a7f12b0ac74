import numpy as np

def attention(x, wq, wk, wv, memory=None, key_padding_mask=None):
    cross = memory is not None
    src = memory if cross else x
    q, k, v = x @ wq, src @ wk, src @ wv
    w = q @ k.T / np.sqrt(q.shape[1])
    if key_padding_mask is not None and not cross:
        w = np.where(key_padding_mask, -1e9, w)
    w = np.exp(w - w.max(-1, keepdims=True)); w /= w.sum(-1, keepdims=True)
    return w @ v
