import numpy as np


def softmax_grad(s, upstream):
    return s * (upstream - np.sum(s * upstream, axis=1, keepdims=True))


def attention_backward(X, Wq, Wk, Wv, dO):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    scores = Q @ K.T / np.sqrt(K.shape[1])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    dweights = dO @ V.T
    dscores = softmax_grad(scores, dweights) / np.sqrt(K.shape[1])
    dQ, dK, dV = dscores @ K, dscores.T @ Q, weights.T @ dO
    return {
        "dWq": X.T @ dQ,
        "dWk": X.T @ dK,
        "dWv": X.T @ dV,
        "dX": dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T,
    }
