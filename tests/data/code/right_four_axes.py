import numpy as np

def attention(q, k, v, mask=None):
    b, h, n, d = q.shape
    z = np.einsum("bhid,bhjd->bhij", q, k) / np.sqrt(d)
    if mask is not None:
        z = np.where(mask, z, -1e9)
    z = np.exp(z - z.max(-1, keepdims=True)); z /= z.sum(-1, keepdims=True)
    return np.einsum("bhij,bhjd->bhid", z, v)
