import numpy as np


class Attention:
    def __init__(self, w_q, w_k, w_v, w_o, num_heads=8):
        self.num_heads = num_heads
        self.w_q, self.w_k, self.w_v, self.w_o = w_q, w_k, w_v, w_o

    def forward(self, x):
        batched = x if x.ndim == 3 else x[None]
        B, N, C = batched.shape
        q = (batched @ self.w_q).reshape(B, self.num_heads, N, -1)
        k = (batched @ self.w_k).reshape(B, self.num_heads, N, -1)
        v = (batched @ self.w_v).reshape(B, self.num_heads, N, -1)
        attn = (q @ k.swapaxes(-2, -1)) * q.shape[-1] ** -0.5
        attn = np.exp(attn - attn.max(axis=-1, keepdims=True))
        attn = attn / attn.sum(axis=-1, keepdims=True)
        y = (attn @ v).transpose(0, 2, 1, 3).reshape(B, N, -1) @ self.w_o
        return y if x.ndim == 3 else y[0]
