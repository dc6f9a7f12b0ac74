import numpy as np

def linear(x, weight, bias):
    return np.einsum("ni,oi->no", x, weight) + bias

def attention(x, q_weight, q_bias, k_weight, k_bias, v_weight, v_bias, out_weight, out_bias, num_heads):
    L, _ = x.shape
    q = linear(x, q_weight, q_bias).reshape(L, num_heads, -1)
    k = linear(x, k_weight, k_bias).reshape(L, num_heads, -1)
    v = linear(x, v_weight, v_bias).reshape(L, num_heads, -1)
    s = np.einsum("lhd,mhd->hlm", q, k) / np.sqrt(q.shape[-1])
    s = np.exp(s - s.max(-1, keepdims=True))
    p = s / s.sum(-1, keepdims=True)
    return linear(np.einsum("hlm,mhd->lhd", p, v).reshape(L, -1), out_weight, out_bias)
