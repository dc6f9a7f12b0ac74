import numpy as np


def attn_grad(X, Wq, Wk, Wv, Wo, dO, heads=1):
    n = X.shape[0]
    dk, dv = Wq.shape[1] // heads, Wv.shape[1] // heads
    dX = np.zeros_like(X)
    dWq, dWk, dWv, dWo = (np.zeros_like(W) for W in (Wq, Wk, Wv, Wo))
    for h in range(heads):
        a, b = slice(h * dk, (h + 1) * dk), slice(h * dv, (h + 1) * dv)
        Q, K, V = X @ Wq[:, a], X @ Wk[:, a], X @ Wv[:, b]
        S = Q @ K.T / np.sqrt(dk)
        A = np.exp(S - S.max(axis=1, keepdims=True))
        A /= A.sum(axis=1, keepdims=True)
        dH = dO @ Wo[b].T
        dWo[b] = (A @ V).T @ dO
        dA = dH @ V.T
        dS = A * (dA - dA.sum(axis=1, keepdims=True)) / np.sqrt(dk)
        dQ, dK, dV = dS @ K, dS.T @ Q, A.T @ dH
        dWq[:, a], dWk[:, a], dWv[:, b] = X.T @ dQ, X.T @ dK, X.T @ dV
        dX += dQ @ Wq[:, a].T + dK @ Wk[:, a].T + dV @ Wv[:, b].T
    return {"dX": dX, "dWq": dWq, "dWk": dWk, "dWv": dWv, "dWo": dWo}
