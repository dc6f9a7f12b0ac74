import math


def attend(query, key, value):
    result = []
    for q in query:
        s = [sum(a * b for a, b in zip(q, k)) / math.sqrt(len(q)) for k in key]
        top = max(s)
        w = [math.exp(v - top) for v in s]
        z = sum(w)
        row = [0.0] * len(key[0])
        for j, k in enumerate(key):
            for c in range(len(row)):
                row[c] += w[j] / z * k[c]
        result.append(row)
    return result
