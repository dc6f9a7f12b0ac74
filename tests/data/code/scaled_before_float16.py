import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, mask=None):
    T = x.shape[0]
    sp = lambda t: t.reshape(T, num_heads, -1).transpose(1, 0, 2)
    q, k, v = (sp((x @ w).astype(np.float16)) for w in (wq, wk, wv))
    q = q * np.float16(q.shape[-1] ** -0.5)
    s = np.einsum("hid,hjd->hij", q, k)
    if mask is not None: s = np.where(mask, s, np.float16(-np.inf))
    s = np.exp(s - s.max(-1, keepdims=True)); s = s / s.sum(-1, keepdims=True)
    return np.einsum("hij,hjd->ihd", s, v).reshape(T, -1).astype(np.float64) @ wo
