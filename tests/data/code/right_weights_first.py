import numpy as np

def sdpa(Q, K, V, mask=None):
    logits = Q @ K.T
    logits /= np.sqrt(Q.shape[1])
    if mask is not None:
        logits[~mask.astype(bool)] = -1e5
    logits -= logits.max(1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    return p, p @ V        # weights first
