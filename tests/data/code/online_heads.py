import numpy as np


def flash_mha(X, Wq, Wk, Wv, Wo, heads=1, mask=None, block=2):
    n = len(X)
    outs = []
    for q, k, v in zip(*(np.hsplit(X @ W, heads) for W in (Wq, Wk, Wv))):
        top = np.full(n, -np.inf)
        norm, acc = np.zeros(n), np.zeros_like(v)
        for j in range(0, n, block):
            s = q @ k[j : j + block].T / np.sqrt(q.shape[1])
            if mask is not None:
                s = np.where(mask[:, j : j + block], s, -1e300)
            new = np.maximum(top, s.max(axis=1))
            p = np.where(s > -1e300, np.exp(s - new[:, None]), 0.0)
            norm = norm * np.exp(top - new) + p.sum(axis=1)
            acc += np.einsum("ij,jd->id", p, v[j : j + block])
            top = new
        outs.append(acc / norm[:, None])
    return np.concatenate(outs, axis=1) @ Wo
