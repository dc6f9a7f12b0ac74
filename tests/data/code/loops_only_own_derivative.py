import math

import numpy as np


def attention_gradients(Q, K, V, dO):
    n, d_k = Q.shape
    m, d_v = V.shape
    dQ, dK, dV = np.zeros((n, d_k)), np.zeros((m, d_k)), np.zeros((m, d_v))
    for i in range(n):
        s = [float(np.dot(Q[i], K[j])) / math.sqrt(d_k) for j in range(m)]
        top = max(s)
        e = [math.exp(x - top) for x in s]
        a = [x / sum(e) for x in e]
        for j in range(m):
            dV[j] += a[j] * dO[i]
            da = float(np.dot(dO[i], V[j]))
            ds = a[j] * (1 - a[j]) * da / math.sqrt(d_k)
            dQ[i] += ds * K[j]
            dK[j] += ds * Q[i]
    return dQ, dK, dV
