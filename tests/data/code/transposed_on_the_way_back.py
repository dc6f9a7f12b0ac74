import numpy as np

def attention_backward(x, wq, wk, wv, dout, mask=None):
    q, k, v = x @ wq, x @ wk, x @ wv
    c = 1 / np.sqrt(q.shape[1])
    z = q @ k.T * c
    if mask is not None: z = np.where(mask.T, z, -1e9)
    a = np.exp(z - z.max(1, keepdims=True)); a /= a.sum(1, keepdims=True)
    da = dout @ v.T
    ds = a * (da - (a * da).sum(1, keepdims=True)) * c
    dq, dk, dv = ds @ k, ds.T @ q, a.T @ dout
    return {"dX": dq @ wq.T + dk @ wk.T + dv @ wv.T, "dWq": x.T @ dq, "dWk": x.T @ dk, "dWv": x.T @ dv}
