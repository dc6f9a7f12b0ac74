import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads=1, mask=None, context=None):
    E = X if context is None else context
    keys = E @ Wk + bk
    queries = (X @ Wq + bq) / np.sqrt(keys.shape[-1])
    values = E @ Wv + bv
    outputs = []
    for q, k, v in zip(np.hsplit(queries, heads), np.hsplit(keys, heads), np.hsplit(values, heads)):
        s = q @ k.T
        if mask is not None:
            s = s + np.where(mask, 0, -np.inf)
        a = np.exp(s - s.max(1, keepdims=True))
        outputs.append(a / a.sum(1, keepdims=True) @ v)
    return np.concatenate(outputs, axis=1) @ Wo + bo
