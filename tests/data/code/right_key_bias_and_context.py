import numpy as np


def attention_layer(x, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads, context=None, mask=None):
    """Queries from x; keys and values from context, or from x itself."""
    src = context if context is not None else x
    n, m = x.shape[0], src.shape[0]

    qs = np.array_split(x @ Wq + bq[None, :], heads, axis=1)
    ks = np.array_split(src @ Wk + bk[None, :], heads, axis=1)
    vs = np.array_split(src @ Wv + bv[None, :], heads, axis=1)

    outs = []
    for q, k, v in zip(qs, ks, vs):
        s = np.zeros((n, m))
        for i in range(n):
            for j in range(m):
                s[i, j] = np.dot(q[i], k[j]) / np.sqrt(len(q[i]))
        if mask is not None:
            s[np.logical_not(mask)] = -1e18
        s -= s.max(axis=1, keepdims=True)
        p = np.exp(s)
        outs.append((p / p.sum(axis=1, keepdims=True)) @ v)
    return np.concatenate(outs, axis=-1) @ Wo + bo
