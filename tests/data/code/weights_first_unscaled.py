import numpy as np

def sdpa(Q, K, V, mask=None):
    z = Q @ K.T
    if mask is not None: z = np.where(mask, z, -1e9)
    p = np.exp(z - z.max(1, keepdims=True)); p /= p.sum(1, keepdims=True)
    return p, p @ V
