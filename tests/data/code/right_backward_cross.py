import numpy as np


def cross_attention_backward(X, context, Wq, Wk, Wv, Wo, dO, heads=1):
    n, m = X.shape[0], context.shape[0]
    Q = (X @ Wq).reshape(n, heads, -1)
    K = (context @ Wk).reshape(m, heads, -1)
    V = (context @ Wv).reshape(m, heads, -1)
    scale = Q.shape[2] ** 0.5
    logits = np.einsum("nhd,mhd->hnm", Q, K) / scale
    A = np.exp(logits - logits.max(axis=2, keepdims=True))
    A /= A.sum(axis=2, keepdims=True)
    C = np.einsum("hnm,mhd->nhd", A, V).reshape(n, -1)

    dWo = C.T @ dO
    dH = (dO @ Wo.T).reshape(n, heads, -1)
    dV = np.einsum("hnm,nhd->mhd", A, dH).reshape(m, -1)
    dA = np.einsum("nhd,mhd->hnm", dH, V)
    dZ = A * (dA - np.einsum("hnm,hnm->hn", A, dA)[..., None]) / scale
    dQ = np.einsum("hnm,mhd->nhd", dZ, K).reshape(n, -1)
    dK = np.einsum("hnm,nhd->mhd", dZ, Q).reshape(m, -1)
    dX = dQ @ Wq.T
    dcontext = dK @ Wk.T + dV @ Wv.T
    return {"dX": dX, "dcontext": dcontext, "dWq": X.T @ dQ, "dWk": context.T @ dK, "dWv": context.T @ dV, "dWo": dWo}
