import numpy as np

def attention(q, k, v, mask=None):
    z = q @ k.T / np.sqrt(q.shape[1])
    if mask is not None: z = z + np.where(mask, 0, -1000.0)
    z = np.exp(z - z.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True) @ v
