import numpy as np


def self_attention(values, keys, query, W_v, W_k, W_q, W_o, heads, mask=None):
    embed_size = W_q.shape[1]
    V = (values @ W_v).reshape(values.shape[0], heads, -1)
    K = (keys @ W_k).reshape(keys.shape[0], heads, -1)
    Q = (query @ W_q).reshape(query.shape[0], heads, -1)
    energy = np.einsum("qhd,khd->hqk", Q, K)
    if mask is not None:
        energy = np.where(mask == 0, float("-1e20"), energy)
    energy = energy / (embed_size ** (1 / 2))
    energy = energy - energy.max(axis=2, keepdims=True)
    attention = np.exp(energy) / np.exp(energy).sum(axis=2, keepdims=True)
    out = np.einsum("hql,lhd->qhd", attention, V).reshape(query.shape[0], -1)
    return out @ W_o
