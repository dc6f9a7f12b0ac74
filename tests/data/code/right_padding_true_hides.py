import numpy as np

def attention(x, wq, wk, wv, wo, num_heads, attn_mask=None, key_padding_mask=None):
    """torch's scaled_dot_product_attention for attn_mask (True = may look), MultiheadAttention for the padding (True = pad)"""
    n = len(x)
    q, k, v = ((x @ w).reshape(n, num_heads, -1).transpose(1, 0, 2) for w in (wq, wk, wv))
    z = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    if attn_mask is not None: z = np.where(attn_mask, z, -np.inf)
    if key_padding_mask is not None: z = np.where(key_padding_mask[None, None], -np.inf, z)
    z = np.exp(z - z.max(-1, keepdims=True)); z /= z.sum(-1, keepdims=True)
    return (z @ v).transpose(1, 0, 2).reshape(n, -1) @ wo
