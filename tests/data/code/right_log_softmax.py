import numpy as np


def logsumexp(x, axis):
    top = np.max(x, axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))


def attention(Q, K, V, mask=None):
    logits = Q @ K.T / np.sqrt(K.shape[1])
    if mask is not None:
        logits = np.where(mask, logits, -1e12)
    log_p = logits - logsumexp(logits, axis=1)
    A = np.exp(log_p)
    return {"O": A @ V, "A": A}
