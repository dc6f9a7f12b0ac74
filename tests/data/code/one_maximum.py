import numpy as np


def softmax(x):
    exps = np.exp(x - np.max(x))
    return exps / np.sum(exps, axis=-1, keepdims=True)


def scaled_dot_product_attention(q, k, v, mask=None):
    matmul_qk = np.matmul(q, k.T)
    scaled_attention_logits = matmul_qk / np.sqrt(k.shape[-1])
    if mask is not None:
        scaled_attention_logits = np.where(mask, scaled_attention_logits, -1e9)
    attention_weights = softmax(scaled_attention_logits)
    output = np.matmul(attention_weights, v)
    return output, attention_weights
