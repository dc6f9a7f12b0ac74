import numpy as np


def forward(X, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(K.shape[1])
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True) @ V


def numerical_attention_gradients(X, Wq, Wk, Wv, dO, eps=1e-5):
    """Central differences of sum(O * dO)."""
    params = {"X": X.copy(), "Wq": Wq.copy(), "Wk": Wk.copy(), "Wv": Wv.copy()}
    grads = {}
    for name, value in params.items():
        grad = np.zeros_like(value)
        for index in np.ndindex(*value.shape):
            old = value[index]
            value[index] = old + eps
            plus = np.sum(forward(**params) * dO)
            value[index] = old - eps
            minus = np.sum(forward(**params) * dO)
            value[index] = old
            grad[index] = (plus - minus) / (2 * eps)
        grads["d" + name] = grad
    return grads
