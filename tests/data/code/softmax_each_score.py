import numpy as np


def softmax(x):
    x = np.atleast_1d(x)
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def attention(X, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    n = X.shape[0]
    A = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            A[i, j] = softmax(Q[i] @ K[j] / np.sqrt(K.shape[1])).item()
    return A @ V
