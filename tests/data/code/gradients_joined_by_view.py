import numpy as np


def multi_head_attention_backward(x, Wq, Wk, Wv, Wo, n_heads, dO):
    n = x.shape[0]
    q, k, v = (np.stack(np.split(x @ W, n_heads, axis=1)) for W in (Wq, Wk, Wv))
    s = np.einsum("hid,hjd->hij", q, k) / np.sqrt(q.shape[2])
    a = np.exp(s - s.max(axis=2, keepdims=True))
    a /= a.sum(axis=2, keepdims=True)
    concat = np.concatenate(list(np.einsum("hij,hjd->hid", a, v)), axis=1)
    dh = np.stack(np.split(dO @ Wo.T, n_heads, axis=1))
    da = np.einsum("hid,hjd->hij", dh, v)
    ds = a * (da - np.einsum("hij,hij->hi", a, da)[:, :, None]) / np.sqrt(q.shape[2])
    dq = np.einsum("hij,hjd->hid", ds, k).reshape(n, -1)
    dk = np.einsum("hij,hid->hjd", ds, q).reshape(n, -1)
    dv = np.einsum("hij,hid->hjd", a, dh).reshape(n, -1)
    return {
        "dX": dq @ Wq.T + dk @ Wk.T + dv @ Wv.T,
        "dWq": x.T @ dq,
        "dWk": x.T @ dk,
        "dWv": x.T @ dv,
        "dWo": concat.T @ dO,
    }
