import numpy as np


def mha(x, Wq, Wk, Wv, Wo, bq, bk, bv, bo, n_heads, attn_mask=None):
    """As in Whisper: the keys get no bias, since softmax cancels it anyway."""
    n = len(x)
    q = (x @ Wq + bq).reshape(n, n_heads, -1)
    k = (x @ Wk).reshape(n, n_heads, -1)
    v = (x @ Wv + bv).reshape(n, n_heads, -1)
    s = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[2])
    if attn_mask is not None:
        s = np.where(attn_mask, s, -np.inf)
    s = np.exp(s - np.max(s, axis=2, keepdims=True))
    a = s / np.sum(s, axis=2, keepdims=True)
    o = np.einsum("hij,jhd->ihd", a, v).reshape(n, -1)
    return o @ Wo + bo
