import numpy as np

def multi_head_attention_forward(x, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias, num_heads):
    n = len(x)
    q, k, v = np.split(x @ in_proj_weight.T + in_proj_bias, 3, axis=-1)
    q, k, v = (t.reshape(n, num_heads, -1).transpose(1, 0, 2) for t in (q, k, v))
    z = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    z = np.exp(z - z.max(-1, keepdims=True)); z /= z.sum(-1, keepdims=True)
    return (z @ v).transpose(1, 0, 2).reshape(n, -1) @ out_proj_weight.T + out_proj_bias
