import numpy as np


def causal_attention(X, Wq, Wk, Wv, Wo, num_heads, causal=False):
    n = X.shape[0]
    heads = []
    for Wqi, Wki, Wvi in zip(*(np.split(W, num_heads, axis=1) for W in (Wq, Wk, Wv))):
        scores = (X @ Wqi) @ (X @ Wki).T / np.sqrt(Wki.shape[1])
        if causal:
            scores = np.tril(scores)
        scores = scores - np.max(scores, axis=-1, keepdims=True)
        weights = np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True)
        heads.append(weights @ (X @ Wvi))
    return np.hstack(heads) @ Wo
