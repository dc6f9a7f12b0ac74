import numpy as np


def attention(X, Wq, Wk, Wv, mask=None, context=None):
    memory = X if context is None else context
    # (X·Wq)·(E·Wk)ᵀ = X·(Wq·Wkᵀ)·Eᵀ
    bilinear = Wq @ Wk.T / np.sqrt(Wk.shape[1])
    scores = X @ bilinear @ memory.T
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    scores = scores - scores.max(axis=1, keepdims=True)
    A = np.exp(scores)
    A = A / A.sum(axis=1, keepdims=True)
    # average the embeddings first and project once at the end
    return (A @ memory) @ Wv
