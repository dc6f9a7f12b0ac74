import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def self_attention_backward(X, Wq, Wk, Wv, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    root = np.sqrt(Q.shape[-1])
    A = softmax(Q @ K.T / root)

    grad_A = dO @ V.T
    grad_V = A.T @ dO
    grad_scores = grad_A * A * (1 - A) / root
    grad_Q = grad_scores @ K
    grad_K = grad_scores.T @ Q

    dWq = X.T @ grad_Q
    dWk = X.T @ grad_K
    dWv = X.T @ grad_V
    dX = grad_Q @ Wq.T + grad_K @ Wk.T + grad_V @ Wv.T
    return {"dX": dX, "dWq": dWq, "dWk": dWk, "dWv": dWv}
