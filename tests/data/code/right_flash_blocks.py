import numpy as np


def flash_attention(q, k, v, mask=None, block_q=2, block_k=2):
    n, d = q.shape
    m = k.shape[0]
    scale = 1.0 / np.sqrt(d)
    O = np.zeros((n, v.shape[1]))
    for i0 in range(0, n, block_q):
        qi = q[i0 : i0 + block_q]
        rows = len(qi)
        m_i = np.full((rows, 1), -1e300)
        l_i = np.zeros((rows, 1))
        o_i = np.zeros((rows, v.shape[1]))
        for j0 in range(0, m, block_k):
            kj, vj = k[j0 : j0 + block_k], v[j0 : j0 + block_k]
            s = qi @ kj.T * scale
            if mask is not None:
                s = np.where(mask[i0 : i0 + block_q, j0 : j0 + block_k], s, -np.inf)
            m_new = np.maximum(m_i, s.max(axis=1, keepdims=True))
            p = np.exp(s - m_new)
            alpha = np.exp(m_i - m_new)
            l_i = alpha * l_i + p.sum(axis=1, keepdims=True)
            o_i = alpha * o_i + p @ vj
            m_i = m_new
        O[i0 : i0 + block_q] = o_i / l_i
    return O
