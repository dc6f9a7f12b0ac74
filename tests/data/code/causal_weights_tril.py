import numpy as np


def gpt_attention(x, Wq, Wk, Wv, Wo, n_heads, causal=False):
    n = x.shape[0]
    q = (x @ Wq).reshape(n, n_heads, -1)
    k = (x @ Wk).reshape(n, n_heads, -1)
    v = (x @ Wv).reshape(n, n_heads, -1)
    logits = np.einsum("ihd,jhd->hij", q, k) / q.shape[-1] ** 0.5
    logits -= logits.max(axis=-1, keepdims=True)
    weights = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    if causal:
        weights = np.tril(weights)
    return np.einsum("hij,jhd->ihd", weights, v).reshape(n, -1) @ Wo
