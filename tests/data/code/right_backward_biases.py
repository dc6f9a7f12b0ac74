import numpy as np


def attention_grads(X, Wq, Wk, Wv, Wo, bq, bk, bv, bo, heads, dO):
    n, dk, dv = len(X), Wq.shape[1] // heads, Wv.shape[1] // heads
    Q, K, V = X @ Wq + bq, X @ Wk + bk, X @ Wv + bv
    C = np.zeros((n, heads * dv))
    P = []
    for i in range(heads):
        a, b = slice(i * dk, (i + 1) * dk), slice(i * dv, (i + 1) * dv)
        s = Q[:, a] @ K[:, a].T / np.sqrt(dk)
        s = np.exp(s - s.max(1, keepdims=True))
        s = s / s.sum(1, keepdims=True)
        P.append(s)
        C[:, b] = s @ V[:, b]

    g = {"dWo": C.T @ dO, "dbo": dO.sum(0)}
    dC = dO @ Wo.T
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for i, p in enumerate(P):
        a, b = slice(i * dk, (i + 1) * dk), slice(i * dv, (i + 1) * dv)
        dH = dC[:, b]
        dV[:, b] = p.T @ dH
        dp = dH @ V[:, b].T
        ds = p * (dp - (p * dp).sum(1)[:, None])
        dQ[:, a] = ds @ K[:, a] / np.sqrt(dk)
        dK[:, a] = ds.T @ Q[:, a] / np.sqrt(dk)
    g.update(dWq=X.T @ dQ, dWk=X.T @ dK, dWv=X.T @ dV)
    g.update(dbq=dQ.sum(0), dbk=np.zeros_like(bk), dbv=dV.sum(0))
    g["dX"] = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    return g
