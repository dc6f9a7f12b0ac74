import numpy as np


def softmax(x, axis=-1):
    x = x - x.max(axis=axis, keepdims=True)
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def multi_head_attention(x, Wq, Wk, Wv, Wo, num_heads):
    n, d_model = x.shape
    d_head = d_model // num_heads
    Q = (x @ Wq).reshape(n, num_heads, d_head)
    K = (x @ Wk).reshape(n, num_heads, d_head)
    V = (x @ Wv).reshape(n, num_heads, d_head)
    out = np.zeros((n, num_heads, d_head))
    for h in range(num_heads):
        A = softmax(Q[:, h] @ K[:, h].T / np.sqrt(d_head))
        out[:, h] = A @ V[:, h]
    return out.reshape(n, d_model) @ Wo
