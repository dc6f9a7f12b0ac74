import numpy as np


def attention(X, Wq, Wk, Wv, Wo, heads, mask=None):
    n = X.shape[0]
    r = {}
    r["Q"], r["K"], r["V"] = X @ Wq, X @ Wk, X @ Wv
    split = lambda M: M.reshape(n, heads, -1).transpose(1, 0, 2)
    q, k, v = split(r["Q"]), split(r["K"]), split(r["V"])
    r["S"] = q @ k.transpose(0, 2, 1)
    r["Z"] = r["S"] / np.sqrt(q.shape[2])
    r["M"] = r["Z"] if mask is None else np.where(mask, r["Z"], -np.inf)
    e = np.exp(r["M"] - r["M"].max(axis=2, keepdims=True))
    r["A"] = e / e.sum(axis=2, keepdims=True)
    r["H"] = r["A"] @ v
    r["C"] = np.concatenate(list(r["H"]), axis=1)
    r["O"] = r["C"] @ Wo
    return r
