import numpy as np


def multihead_attention(X, Wq, Wk, Wv, Wo, heads):
    dk, dv = Wq.shape[1] // heads, Wv.shape[1] // heads
    out = 0
    for h in range(heads):
        a, b = slice(h * dk, h * dk + dk), slice(h * dv, h * dv + dv)
        S = (X @ Wq[:, a]) @ (X @ Wk[:, a]).T / np.sqrt(dk)
        E = np.exp((S.T - S.max(1)).T)
        A = E / np.sum(E, 1)
        out = out + A @ (X @ Wv[:, b]) @ Wo[b]
    return out
