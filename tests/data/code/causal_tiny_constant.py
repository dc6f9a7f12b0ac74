import math

EPS = 1e-9


def attend(queries, keys, values, causal=False):
    d = len(queries[0])
    result = []
    for i, q in enumerate(queries):
        row = []
        for j, k in enumerate(keys):
            if causal and j > i:
                row.append(-EPS)
            else:
                row.append(sum(a * b for a, b in zip(q, k)) / math.sqrt(d))
        top = max(row)
        row = [math.exp(s - top) for s in row]
        total = sum(row)
        result.append([sum(p * v[c] for p, v in zip(row, values)) / total for c in range(len(values[0]))])
    return result
