import numpy as np


def dot_product_attention(queries, keys, values, attention_mask=None):
    # (n, 1, d) * (1, m, d) -> (n, m)
    scores = (queries[:, None, :] * keys[None, :, :]).sum(-1)
    scores /= np.sqrt(keys.shape[-1])
    if attention_mask is not None:
        scores += (1.0 - attention_mask) * -1e9
    shifted = scores - scores.max(-1, keepdims=True)
    alpha = np.exp(shifted) / np.exp(shifted).sum(-1, keepdims=True)
    context = (alpha[:, :, None] * values[None, :, :]).sum(1)
    return context, alpha
