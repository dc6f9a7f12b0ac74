import numpy as np


def mha(x, W_q, W_k, W_v, W_o, n_heads, causal=False):
    T = x.shape[0]
    q, k, v = (np.einsum("td,dhc->htc", x, W.reshape(x.shape[1], n_heads, -1)) for W in (W_q, W_k, W_v))
    w = np.einsum("htc,hsc->hts", q, k) / np.sqrt(q.shape[-1])
    if causal:
        w += np.triu(np.full((T, T), -np.inf), 1)
    w = np.exp(w - w.max(axis=-1, keepdims=True))
    w /= w.sum(axis=-1, keepdims=True)
    y = np.einsum("hts,hsc->htc", w, v)
    y = np.ascontiguousarray(y).reshape(T, W_v.shape[1])
    return y @ W_o
