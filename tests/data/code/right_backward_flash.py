import numpy as np


def flash_attention_backward(q, k, v, d_out, block=3):
    """Recomputes the probabilities block by block from the saved log-sum-exp."""
    n, d = q.shape
    m = k.shape[0]
    scale = 1 / np.sqrt(d)
    out = np.zeros((n, v.shape[1]))
    lse = np.zeros(n)
    for i in range(n):
        row = k @ q[i] * scale
        lse[i] = row.max() + np.log(np.exp(row - row.max()).sum())
        out[i] = np.exp(row - lse[i]) @ v
    delta = np.sum(out * d_out, axis=1)

    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for start in range(0, m, block):
        kj, vj = k[start : start + block], v[start : start + block]
        p = np.exp(q @ kj.T * scale - lse[:, None])
        dv[start : start + block] = p.T @ d_out
        dp = d_out @ vj.T
        ds = p * (dp - delta[:, None]) * scale
        dq += ds @ kj
        dk[start : start + block] = ds.T @ q
    return dq, dk, dv
