import math

import numpy as np


def multi_head_attention(X, Wq, Wk, Wv, Wo, num_heads=1, mask=None):
    n = len(X)
    dk = Wq.shape[1] // num_heads
    dv = Wv.shape[1] // num_heads
    Q, K, V = X.dot(Wq), X.dot(Wk), X.dot(Wv)
    concat = [[0.0] * (num_heads * dv) for _ in range(n)]
    for h in range(num_heads):
        for i in range(n):
            scores = []
            for j in range(n):
                if mask is not None and not mask[i][j]:
                    scores.append(float("-inf"))
                    continue
                dot = 0.0
                for c in range(h * dk, (h + 1) * dk):
                    dot += Q[i][c] * K[j][c]
                scores.append(dot / math.sqrt(dk))
            biggest = max(scores)
            if biggest == float("-inf"):
                continue
            weights = [math.exp(s - biggest) for s in scores]
            norm = sum(weights)
            for j in range(n):
                for c in range(dv):
                    concat[i][h * dv + c] += weights[j] / norm * V[j][h * dv + c]
    return np.array(concat) @ Wo
