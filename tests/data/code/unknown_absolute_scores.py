import math


def attend(queries, keys, values):
    scale = math.sqrt(len(keys[0]))
    out = []
    for q in queries:
        scores = [abs(sum(a * b for a, b in zip(q, k))) / scale for k in keys]
        top = max(scores)
        exps = [math.exp(s - top) for s in scores]
        total = sum(exps)
        out.append([sum(e / total * v[c] for e, v in zip(exps, values)) for c in range(len(values[0]))])
    return out
