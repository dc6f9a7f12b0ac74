import numpy as np


def masked_attention(Q, K, V, mask=None):
    energy = Q @ K.T / Q.shape[-1] ** 0.5
    if mask is not None:
        energy = np.where(mask == 0, -1e-9, energy)
    energy = energy - energy.max(axis=-1, keepdims=True)
    attention = np.exp(energy) / np.exp(energy).sum(axis=-1, keepdims=True)
    return attention @ V
