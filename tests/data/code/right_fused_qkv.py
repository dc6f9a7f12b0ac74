import numpy as np


def self_attention(x, Wq, Wk, Wv, Wo, num_heads, causal=False):
    n = x.shape[0]
    hk, hv = Wq.shape[1], Wv.shape[1]
    qkv = x @ np.concatenate([Wq, Wk, Wv], axis=1)
    q, k, v = np.split(qkv, [hk, 2 * hk], axis=1)
    q = q.reshape(n, num_heads, hk // num_heads).swapaxes(0, 1)
    k = k.reshape(n, num_heads, hk // num_heads).swapaxes(0, 1)
    v = v.reshape(n, num_heads, hv // num_heads).swapaxes(0, 1)
    scores = np.matmul(q, k.swapaxes(1, 2)) / np.sqrt(hk // num_heads)
    if causal:
        future = np.triu(np.ones((n, n), dtype=bool), k=1)
        scores[:, future] = -np.inf
    scores = scores - scores.max(axis=2, keepdims=True)
    probs = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    return np.matmul(probs, v).swapaxes(0, 1).reshape(n, hv) @ Wo
