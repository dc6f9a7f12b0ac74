import numpy as np

def attention(Q, K, V, mask=None):
    Q, K, V = Q.astype("float16"), K.astype("float16"), V.astype("float16")
    s = np.einsum("id,jd->ij", Q, K) * np.float16(1 / np.sqrt(Q.shape[1]))
    if mask is not None: s = np.where(mask, s, np.float16(-6e4))
    e = np.exp(s - s.max(1, keepdims=True))
    return np.einsum("ij,jd->id", e / e.sum(1, keepdims=True), V).astype(np.float32)
