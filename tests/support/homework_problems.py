"""Problems as a teacher would set them, drawn from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from random import Random
from typing import Any

import attncli
from attncli.homework.key import Key

WORDS = "the cat sat on a mat and then slept".split()
LOSSES = ("bce", "ce", "mse", "sum", "upstream")
HW: dict[str, Any] = {  # small enough to do by hand, with a mask and an output weight
    "tokens": ["I", "like", "green", "tea"],
    "embeddings": [[1, 0, 2], [0, 1, 1], [2, 1, 0], [1, 1, 1]],
    "Wq": [[1, 0], [0, 1], [1, 1]],
    "Wk": [[0, 1], [1, 0], [1, -1]],
    "Wv": [[1, 1], [0, 2], [-1, 0]],
    "Wo": [[1, -1], [0, 1]],
    "mask": True,
    "target": [[1, 0], [0, 1], [1, 1], [0, 0]],
    "loss": "bce",
}


def seeded(seed: int) -> Random:
    """Make what draws: the same from the same seed."""
    return Random(seed)  # noqa: S311 - nothing here is secret


def problems(seed: int, count: int) -> Iterator[tuple[str, Key]]:
    """Name so many problems: one by hand, the article's, and then those drawn."""
    by_hand = (("HW", Key.of(attncli.Problem(**HW))), ("article", Key.of(attncli.load("article"))))
    drawn = ((str(i), key) for i, key in enumerate(keys(seed)))
    return islice(chain(by_hand, drawn), count)


def keys(seed: int) -> Iterator[Key]:
    """Draw problems without end, worked out."""
    random = seeded(seed)
    while True:
        yield Key.of(attncli.Problem(**config(random)))


def config(random: Random) -> dict[str, Any]:
    """Draw a problem of 3 to 9 tokens and 1 to 4 heads; in every fourth, sizes agree that need not."""
    heads = random.choice((1, 1, 1, 2, 3, 4))
    n = random.randint(3, 9)
    cross = random.random() < 0.15
    m = random.randint(3, 6) if cross else n
    d_model, d_k, d_v = random.sample(range(2, 7), 3) if heads == 1 else random.sample(range(2, 5), 3)
    if heads > 1:
        d_model = random.randint(3, 6)
    like = random.random() < 0.25
    if like:
        d_model, d_k, d_v = alike(random, n, heads, d_model, d_k, d_v)
    numbers = Numbers(random)
    with_output = random.random() < (0.25 if heads == 1 else 0.6)
    d_out = random.randint(2, 5) if with_output and not like else heads * d_v
    problem: dict[str, Any] = {
        "tokens": WORDS[:n],
        "embeddings": numbers.embeddings(n, d_model),
        "Wq": numbers.weights(d_model, heads * d_k),
        "Wk": numbers.weights(d_model, heads * d_k),
        "Wv": numbers.weights(d_model, heads * d_v),
        "heads": heads,
    }
    if cross:
        problem["context"] = {"embeddings": numbers.embeddings(m, d_model)}
    if with_output:
        problem["Wo"] = numbers.weights(heads * d_v, d_out)
    if random.random() < 0.3:
        widths = {"bq": heads * d_k, "bk": heads * d_k, "bv": heads * d_v}
        problem |= {name: numbers.weights(1, width)[0] for name, width in widths.items()}
        if with_output:
            problem["bo"] = numbers.weights(1, d_out)[0]
    if random.random() < 0.4:
        problem["mask"] = mask(random, m, cross=cross)
    return problem | loss(random, numbers, n, d_out)


def alike(random: Random, n: int, heads: int, d_model: int, d_k: int, d_v: int) -> tuple[int, int, int]:
    """Make two or more sizes the same: then mistakes are possible that else the shapes forbid."""
    if heads > 1:
        return heads * d_k, d_k, d_k
    size = min(n, 6)
    return random.choice(((size, size, size), (size, d_k, size), (d_model, size, d_v), (d_k, d_k, d_v)))


def mask(random: Random, m: int, *, cross: bool) -> Any:
    """Draw a mask: causal, or padding at the end, or both."""
    padding = {"padding": [0] * (m - 1) + [1]}
    return padding if cross else random.choice((True, True, padding, [True, padding]))


def loss(random: Random, numbers: Numbers, n: int, d_out: int) -> dict[str, Any]:
    """Draw a loss, what it is measured against, and whether it is a sum or a mean."""
    name = random.choice(LOSSES)
    drawn: dict[str, Any] = {"loss": name, "reduction": random.choice(("sum", "sum", "mean"))}
    soft = random.random() < 0.25
    if name == "bce":
        choices = (0.1, 0.9) if soft else (0, 1)
        drawn["target"] = [[random.choice(choices) for _ in range(d_out)] for _ in range(n)]
    elif name == "ce":
        classes = [random.randrange(d_out) for _ in range(n)]
        shares = [[1 - 0.1 * (d_out - 1) if i == one else 0.1 for i in range(d_out)] for one in classes]
        drawn["target"] = shares if soft and d_out <= 4 else classes
    elif name == "mse":
        drawn["target"] = [[random.randint(-1, 2) for _ in range(d_out)] for _ in range(n)]
    elif name == "upstream":
        drawn["upstream"] = numbers.weights(n, d_out)
    return drawn


class Numbers:
    """Draws small numbers: either whole ones, many of them 0, or such with one decimal."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.whole_words, self.whole_weights = random.choice(((True, True), (True, False), (False, True)))

    def embeddings(self, rows: int, columns: int) -> list[list[float]]:
        """Draw words, no two of them the same."""
        while True:
            drawn = self.matrix(rows, columns, (0, 0, 1, 1, 2, -1) if self.whole_words else None)
            if len(set(map(tuple, drawn))) == rows:
                return drawn

    def weights(self, rows: int, columns: int) -> list[list[float]]:
        """Draw weights, not all of them 0."""
        while True:
            drawn = self.matrix(rows, columns, (0, 0, 0, 1, 1, -1, 2, -2) if self.whole_weights else None)
            if any(map(any, drawn)):
                return drawn

    def matrix(self, rows: int, columns: int, pool: tuple[int, ...] | None) -> list[list[float]]:
        """Draw from the pool, or from −1.5, −1.4, …, 1.5."""
        draw = (lambda: self.random.choice(pool)) if pool else lambda: self.random.randint(-15, 15) / 10
        return [[draw() for _ in range(columns)] for _ in range(rows)]
