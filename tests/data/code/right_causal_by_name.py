import numpy as np

def causal_self_attention(x, wq, wk, wv):
    """always causal, as in GPT"""
    q, k, v = x @ wq, x @ wk, x @ wv
    out = []
    for t in range(len(x)):
        s = k[:t + 1] @ q[t] / np.sqrt(len(q[t]))
        e = np.exp(s - s.max())
        out.append(e @ v[:t + 1] / e.sum())
    return np.array(out)
