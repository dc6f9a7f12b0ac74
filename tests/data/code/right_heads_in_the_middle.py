import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, mask=None):
    """steps with the heads in the middle: n h d"""
    n = len(x)
    Q, K, V = ((x @ w).reshape(n, num_heads, -1) for w in (wq, wk, wv))
    S = np.einsum("ihd,jhd->ihj", Q, K) / np.sqrt(Q.shape[-1])
    if mask is not None: S = np.where(mask[:, None, :], S, -1e9)
    A = np.exp(S - S.max(-1, keepdims=True)); A /= A.sum(-1, keepdims=True)
    H = np.einsum("ihj,jhd->ihd", A, V)
    return {"Q": Q, "K": K, "V": V, "attn": A, "context": H, "out": H.reshape(n, -1) @ wo}
