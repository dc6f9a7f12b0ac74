import numpy as np


def mha(X, Wq, Wk, Wv, Wo, num_heads, mask=None):
    n, d_model = X.shape
    split = lambda M: np.stack(np.split(M, num_heads, axis=1))
    Q, K, V = split(X @ Wq), split(X @ Wk), split(X @ Wv)
    logits = np.einsum("hik,hjk->hij", Q, K) / np.sqrt(d_model)
    if mask is not None:
        logits[:, ~mask] = -1e9
    logits = np.exp(logits - logits.max(axis=2, keepdims=True))
    A = logits / logits.sum(axis=2, keepdims=True)
    return np.concatenate(list(A @ V), axis=1) @ Wo
