import numpy as np


def mha(x, Wq, Wk, Wv, Wo, num_heads):
    n = x.shape[0]
    q, k, v = ((x @ W).reshape(n, num_heads, -1) for W in (Wq, Wk, Wv))
    energy = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[-1])
    energy = np.exp(energy - energy.max(axis=-1, keepdims=True))
    attention = energy / energy.sum(axis=-1, keepdims=True)
    out = np.einsum("hlq,lhd->qhd", attention, v)
    return out.reshape(n, -1) @ Wo
