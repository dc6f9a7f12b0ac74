import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, heads, attention_mask=None):
    n = x.shape[0]
    q, k, v = (np.stack(np.split(x @ W, heads, axis=1)) for W in (Wq, Wk, Wv))
    scores = np.einsum("hid,hjd->hij", q, k) / np.sqrt(q.shape[2])
    if attention_mask is not None:
        scores += attention_mask.astype(bool).astype(float)
    probs = np.exp(scores - scores.max(axis=2, keepdims=True))
    probs /= probs.sum(axis=2, keepdims=True)
    return np.concatenate(list(probs @ v), axis=1) @ Wo
