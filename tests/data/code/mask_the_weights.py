import numpy as np


def softmax(x):
    x = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return x / np.sum(x, axis=-1, keepdims=True)


def attention(X, Wq, Wk, Wv, mask=None, context=None):
    E = X if context is None else context
    Q, K, V = X @ Wq, E @ Wk, E @ Wv
    A = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    if mask is not None:
        A = A * mask
    return {"A": A, "O": A @ V}
