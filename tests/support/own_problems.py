"""Problems on pages of one's own, drawn at random: every operation of those, several times."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import attncli
from attncli.homework.key import Key
from tests.support.homework_problems import WORDS, seeded

# d_model is 4, two heads of 2 columns, but where a page says otherwise; a width is each weight's columns
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "block": (
        "N2",
        """
        PE = positions(X)
        X1 = X + PE
        Q = X1·Wq
        K = X1·Wk
        V = X1·Wv
        R1 = X1 + O
        N1 = layernorm(R1, γ1, β1)
        F1 = N1·W1 + b1
        F2 = relu(F1)
        F3 = F2·W2 + b2
        R2 = N1 + F3
        N2 = layernorm(R2, γ2, β2)
        """,
        {"W1": (4, 4), "W2": (4, 4), "b1": 4, "b2": 4, "gamma1": 4, "beta1": 4, "gamma2": 4, "beta2": 4},
    ),
    "gpt": (
        "G",
        """
        N1 = layernorm(X, γ1, β1)
        Q = N1·Wq
        K = N1·Wk
        V = N1·Wv
        R1 = X + O
        N2 = rmsnorm(R1, γ2)
        F1 = N2·W1
        F2 = gelu_tanh(F1)
        F3 = F2·W2
        R2 = R1 + F3
        N3 = layernorm(R2)
        G = N3·Wu
        """,
        {"W1": (4, 5), "W2": (5, 4), "gamma1": 4, "beta1": 4, "gamma2": 4, "Wu": (4, 3), "mask": True},
    ),
    "shared": (
        "O",
        """
        Qr = rope(Qh)
        Kh = split(K, 1)
        Kr = rope(Kh)
        Kg = repeat(Kr, 2)
        Vh = split(V, 1)
        Vg = repeat(Vh, 2)
        S = Qr·Kgᵀ
        Zc = softcap(Z, 2)
        M = mask(Zc)
        A = softmax(M, s)
        H = A·Vg
        """,
        {"Wq": (4, 8), "Wk": (4, 4), "Wv": (4, 4), "Wo": (8, 4), "s": 2, "mask": [True, {"window": 2}]},
    ),
    "shared in pairs": (
        "O",
        """
        Kh = split(K, 2)
        Vh = split(V, 2)
        Qr = rope(Qh, pairs)
        Kr = rope(Kh, pairs)
        Kg = repeat(Kr, 2)
        Vg = repeat(Vh, 2)
        S = Qr·Kgᵀ
        H = A·Vg
        """,
        {"heads": 4, "Wq": (4, 16), "Wk": (4, 8), "Wv": (4, 8), "Wo": (16, 4), "mask": {"window": [1, 1]}},
    ),
    "alibi": (
        "R",
        """
        Zb = alibi(Z)
        M = mask(Zb)
        N = rmsnorm(O, γ)
        T = tanh(N)
        R = T + X
        """.replace("N =", "N1 =").replace("(N)", "(N1)"),
        {"gamma": 4, "mask": True},
    ),
    "twice": (
        "O2",
        """
        R1 = X + O
        Q2 = R1·W2q
        K2 = R1·W2k
        V2 = R1·W2v
        S2 = Q2·K2ᵀ
        Z2 = S2/√d_k
        A2 = softmax(Z2)
        O2 = A2·V2
        """,
        {"heads": 1, "W2q": (4, 3), "W2k": (4, 3), "W2v": (4, 4)},
    ),
}


def config(page: str, random: Random, *, scale: float = 1.0) -> dict[str, Any]:
    """Draw a problem with such a page."""
    output, formulas, more = PAGES[page]
    n = random.randint(3, 5)

    def number() -> float:
        return round(scale * random.choice((-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2)), 3)

    def numbers(shape: int | tuple[int, int]) -> Any:
        if isinstance(shape, int):
            return [number() for _ in range(shape)]
        return [[number() for _ in range(shape[1])] for _ in range(shape[0])]

    weights: dict[str, Any] = dict.fromkeys(("Wq", "Wk", "Wv", "Wo"), (4, 4))
    more = weights | more
    drawn = {
        name: numbers(shape) if isinstance(shape, int | tuple) and name not in {"heads", "mask"} else shape
        for name, shape in more.items()
    }
    return {
        "tokens": WORDS[:n],
        "embeddings": numbers((n, 4)),
        "heads": 2,
        "epsilon": random.choice((1e-5, 0.1)),
        **drawn,
        "target": random.choice((0, 1)),
        "loss": random.choice(("mse", "bce")),
        "output": output,
        "formulas": formulas,
    }


def own_keys(seed: int, page: str, *, scale: float = 1.0) -> Iterator[Key]:
    """Draw such problems without end, worked out."""
    random = seeded(seed)
    for _ in count():
        yield Key.of(attncli.Problem(**config(page, random, scale=scale)))
