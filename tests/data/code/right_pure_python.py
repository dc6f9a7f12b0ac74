import math


def matmul(a, b):
    return [[sum(x * y for x, y in zip(row, col)) for col in zip(*b)] for row in a]


def transpose(a):
    return [list(col) for col in zip(*a)]


def softmax(row):
    top = max(row)
    exps = [math.exp(v - top) for v in row]
    total = sum(exps)
    return [e / total for e in exps]


def self_attention(X, Wq, Wk, Wv):
    Q = matmul(X, Wq)
    K = matmul(X, Wk)
    V = matmul(X, Wv)
    scale = math.sqrt(len(K[0]))
    scores = [[s / scale for s in row] for row in matmul(Q, transpose(K))]
    weights = [softmax(row) for row in scores]
    return matmul(weights, V)
