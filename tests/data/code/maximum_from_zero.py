import math


def attention(Q, K, V):
    d = len(K[0])
    output = []
    for q in Q:
        scores = [sum(a * b for a, b in zip(q, k)) / math.sqrt(d) for k in K]
        largest = 0.0
        for s in scores:
            if s > largest:
                largest = s
        exps = [math.exp(s - largest) for s in scores]
        total = sum(exps)
        weights = [e / total if total else float("nan") for e in exps]
        output.append([sum(w * v[c] for w, v in zip(weights, V)) for c in range(len(V[0]))])
    return output
