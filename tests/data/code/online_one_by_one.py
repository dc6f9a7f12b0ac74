import math

import numpy as np


def online_attention(query, key, value, causal=False):
    n, m = len(query), len(key)
    out = np.zeros((n, value.shape[1]))
    for i in range(n):
        m_i, l_i = float("-inf"), 0.0
        for j in range(m):
            if causal and j > i:
                break
            s = float(query[i] @ key[j]) / math.sqrt(query.shape[1])
            m_new = max(m_i, s)
            l_i = l_i * math.exp(m_i - m_new) + math.exp(s - m_new)
            out[i] += math.exp(s - m_new) * value[j]
            m_i = m_new
        out[i] /= l_i
    return out
