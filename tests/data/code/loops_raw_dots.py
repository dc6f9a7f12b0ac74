import math


def softmax(xs):
    m = max(xs)
    es = [math.exp(x - m) for x in xs]
    s = sum(es)
    return [e / s for e in es]


def project(rows, weight):
    return [[sum(r[k] * weight[k][c] for k in range(len(r))) for c in range(len(weight[0]))] for r in rows]


def self_attention(x, Wq, Wk, Wv, causal=False):
    queries, keys, values = project(x, Wq), project(x, Wk), project(x, Wv)
    out = []
    for i, q in enumerate(queries):
        visible = i + 1 if causal else len(keys)
        weights = softmax([sum(a * b for a, b in zip(q, k)) for k in keys[:visible]])
        out.append([sum(w * v[c] for w, v in zip(weights, values)) for c in range(len(values[0]))])
    return out
