"""The problems on which somebody's code is tried: chosen so that mistakes can be told apart.

Sizes are all different where the code can take that, and square where only that gives numbers: weights that
can be transposed, as many tokens as columns. Masks are not symmetric, scores are neither small nor saturated
but where they are very large, and every matrix has numbers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.calculation import backward_setting, forward_setting
from attncli.problem.problem import Problem

if TYPE_CHECKING:
    from attncli.calculation import Setting
    from attncli.code.parameters import Asked
    from attncli.ops.op import Array


LARGE_SCORES = "large-scores"
WEIGHTS, BIASES = ("Wq", "Wk", "Wv"), ("bq", "bk", "bv")
HIDDEN_ROW = 1
LARGE = 20_000.0  # scores of some ten thousands, in steps that float32 holds exactly


class Sizes(NamedTuple):
    """The sizes of one problem, and what it has; ``m`` and ``d_out`` are 0 where there is no context, no Wo.

    ``mask``: "causal", "padding" (a key that nobody sees), "cells" (any), or "row" (one sees nothing).
    ``far``: of very large scores, those of the keys are far apart, the hidden ones the largest.
    """

    ability: str
    heads: int
    n: int
    m: int
    d_model: int
    d_k: int
    d_v: int
    d_out: int = 0
    mask: str = ""
    biases: bool = False
    far: bool = False


PROBLEMS = (
    Sizes("one-head", 1, 4, 0, 5, 3, 3),
    Sizes("one-head", 1, 5, 0, 3, 3, 3),
    Sizes("one-head", 1, 3, 0, 3, 3, 3),
    Sizes("several-heads", 2, 4, 0, 5, 3, 3),
    Sizes("several-heads", 3, 5, 0, 6, 2, 2),
    Sizes("several-heads", 2, 6, 0, 6, 3, 3),
    Sizes("wo", 1, 4, 0, 5, 3, 3, 2),
    Sizes("wo", 2, 4, 0, 5, 3, 3, 4),
    Sizes("wo", 3, 5, 0, 6, 2, 2, 6),
    Sizes("biases", 1, 4, 0, 5, 3, 3, 2, biases=True),
    Sizes("biases", 2, 5, 0, 6, 3, 3, 6, biases=True),
    Sizes("causal", 1, 4, 0, 5, 3, 3, mask="causal"),
    Sizes("causal", 2, 5, 0, 6, 3, 3, mask="causal"),
    Sizes("padding", 1, 4, 0, 5, 3, 3, mask="padding"),
    Sizes("padding", 2, 5, 0, 6, 3, 3, mask="padding"),
    Sizes("padding", 1, 5, 0, 3, 3, 3, mask="cells"),
    Sizes("padding", 3, 5, 0, 6, 2, 2, mask="cells"),
    Sizes("dv", 1, 4, 0, 5, 2, 3),
    Sizes("dv", 1, 4, 0, 5, 3, 2),
    Sizes("dv", 2, 5, 0, 6, 2, 4),
    Sizes("dv", 2, 5, 0, 6, 3, 2),
    Sizes("cross", 1, 3, 4, 5, 3, 3),
    Sizes("cross", 2, 5, 3, 6, 3, 3),
    Sizes("cross", 2, 4, 4, 6, 3, 3),
    Sizes("cross", 1, 3, 4, 5, 3, 3, mask="cells"),
    Sizes("cross", 2, 4, 5, 6, 3, 3, mask="cells"),
    Sizes("cross", 1, 3, 4, 5, 3, 3, mask="padding"),
    Sizes("cross", 2, 4, 4, 6, 3, 3, mask="padding"),
    Sizes("large-scores", 1, 5, 0, 4, 4, 4),
    Sizes("large-scores", 1, 5, 0, 4, 4, 4, mask="causal"),
    Sizes("large-scores", 1, 5, 0, 4, 4, 4, mask="padding"),
    Sizes("large-scores", 1, 5, 0, 4, 4, 4, mask="causal", far=True),
    Sizes("masked-row", 1, 4, 0, 3, 3, 3, mask="row"),
)


@dataclass(frozen=True)
class Case:
    """One problem: as a config, as what a function may be given, and as the page that is right."""

    ability: str
    sizes: Sizes
    config: Mapping[str, Any]
    given: Mapping[str, Any]

    @property
    def hidden_row(self) -> int | None:
        """The token that may look at nothing: what right code gives it differs."""
        return HIDDEN_ROW if self.sizes.mask == "row" else None

    @cached_property
    def problem(self) -> Problem:
        """The problem of the config."""
        return Problem(**self.config)

    @cached_property
    def forward(self) -> Setting:
        """The page from the embeddings to the output."""
        return forward_setting(self.problem)

    @cached_property
    def backward(self) -> Setting:
        """The page with its gradients, from dO: what arrives, or 1 in every cell where nothing does."""
        return backward_setting(self.problem, None, None)

    def right(self, *, backward: bool) -> Mapping[str, Array]:
        """Return every quantity of the page, with its gradients or without."""
        return self.right_backward if backward else self.right_forward

    @cached_property
    def right_forward(self) -> Mapping[str, Array]:
        """The quantities up to the output."""
        return evaluated(self.forward)

    @cached_property
    def right_backward(self) -> Mapping[str, Array]:
        """The same, and the gradients."""
        return evaluated(self.backward)

    def arguments(self, asked: Asked) -> dict[str, Any]:
        """Return what a function is called with, by the names of its parameters."""
        found = {}
        for parameter, name in asked.names.items():
            value = self.given.get(name)
            if value is None and name in asked.required:
                value = self.otherwise(name)
            if value is not None:
                found[parameter] = value
        return found

    def otherwise(self, name: str) -> Any:  # noqa: ANN401 - an array or a number
        """Return what stands for something that this problem has not, where the function must have it."""
        sizes = self.sizes
        n, m, width, values = sizes.n, sizes.m or sizes.n, sizes.heads * sizes.d_k, sizes.heads * sizes.d_v
        stands = {
            "E": self.given.get("E", self.given.get("X")),
            "mask": np.ones((n, m), bool),
            "padding": np.ones(m, bool),
            "scale": 1 / np.sqrt(sizes.d_k),
            "bq": np.zeros(width),
            "bk": np.zeros(width),
            "bv": np.zeros(values),
            "bqkv": np.zeros(2 * width + values),
            "bo": np.zeros(sizes.d_out),
            "dO": np.ones((n, sizes.d_out or values)),
            "0": 0.0,
            "1": 1,
            "false": False,
        }
        return stands.get("E" if name == "Ev" else name)


def evaluated(setting: Setting) -> Mapping[str, Array]:
    """Work out a page, with what is given there."""
    return {**setting.givens, **setting.page.evaluate(setting.given)}


def cases(asked: Asked, seed: int = 0) -> Iterator[Case]:
    """Yield the problems that a function can be tried on; ``seed`` draws other numbers."""
    for i, sizes in enumerate(PROBLEMS):
        if can_take(asked, sizes):
            yield case(asked, sizes, np.random.RandomState([seed, i]))


def can_take(asked: Asked, sizes: Sizes) -> bool:
    """Whether a function has the parameters for what this problem is about."""
    taken = asked.taken
    wanted = {
        "several-heads": "h" in taken,
        "wo": "Wo" in taken,
        "biases": not taken.isdisjoint({*BIASES, "bo", "bqkv"}),
        "cross": "E" in taken or "Q" in taken,
    }
    masks = {
        "causal": {"causal", "mask"},
        "padding": {"padding", "mask"},
        "cells": {"mask"},
        "row": {"mask"},
    }
    return (
        wanted.get(sizes.ability, True)
        and (sizes.heads == 1 or "h" in taken)
        and (not sizes.mask or not taken.isdisjoint(masks[sizes.mask]))
    )


def case(asked: Asked, sizes: Sizes, random: np.random.RandomState) -> Case:
    """Draw the numbers of one problem."""
    if asked.always_causal and not sizes.mask:
        sizes = sizes._replace(mask="causal")
    if "E" in asked.required and not sizes.m:
        sizes = sizes._replace(m=sizes.n)  # there is no problem without a context
    if "Wo" not in asked.taken:
        sizes = sizes._replace(d_out=0)
    elif "Wo" in asked.required and not sizes.d_out:
        sizes = sizes._replace(d_out=sizes.d_model)
    values = matrices(sizes, random)
    if sizes.biases:
        values |= biases(asked, values, random)
    if "X" not in asked.taken:
        values = projected(values)
    values["U"] = drawn(random, sizes.n, sizes.d_out or sizes.heads * sizes.d_v)
    allowed = mask_of(sizes, random)
    config = config_of(values, sizes, allowed, upstream="dO" in asked.taken)
    return Case(sizes.ability, sizes, config, given(values, sizes, allowed, asked))


def drawn(random: np.random.RandomState, *shape: int, size: float = 1.0) -> Array:
    """Draw numbers of two decimals, of both signs, about as large as ``size``."""
    values: Array = (size * random.standard_normal(shape)).round(2)
    return values


def matrices(sizes: Sizes, random: np.random.RandomState) -> dict[str, Array]:
    """Draw the embeddings and the weights of one problem."""
    h, shrunk = sizes.heads, sizes.d_model**-0.5
    values = {
        "X": drawn(random, sizes.n, sizes.d_model),
        "E": drawn(random, sizes.m or sizes.n, sizes.d_model),
        "Wq": drawn(random, sizes.d_model, h * sizes.d_k, size=shrunk),
        "Wk": drawn(random, sizes.d_model, h * sizes.d_k, size=shrunk),
        "Wv": drawn(random, sizes.d_model, h * sizes.d_v, size=shrunk),
    }
    if sizes.ability == LARGE_SCORES:
        values |= large(random, far=sizes.far)
    if not sizes.m:
        del values["E"]
    if sizes.d_out:
        values["Wo"] = drawn(random, h * sizes.d_v, sizes.d_out, size=shrunk)
    return values


def biases(asked: Asked, values: Mapping[str, Array], random: np.random.RandomState) -> dict[str, Array]:
    """Draw the biases that a function takes; one product for Q, K and V has one for all three."""
    taken = asked.taken | ({*BIASES} if "bqkv" in asked.taken else set())
    weights = {bias: values.get(bias.replace("b", "W")) for bias in (*BIASES, "bo") if bias in taken}
    return {bias: drawn(random, weight.shape[1]) for bias, weight in weights.items() if weight is not None}


def large(random: np.random.RandomState, *, far: bool) -> dict[str, Array]:
    """Return embeddings and weights whose scores are far apart: 10,000·(3, −3, 1, −2, 2) and a little.

    They are so from row to row; or ``far``, from key to key, the largest behind: (−2, −2, 1, 1, 3).

    All are short binary fractions, so that float32 loses nothing in them.
    """

    def halves(*shape: int) -> Array:
        return random.choice([-1.0, -0.5, 0.5, 1.0], shape)

    x, wq, wk = halves(5, 4), halves(4, 4), halves(4, 4)
    x[:, 0], x[:, 1] = 1, (-2, -2, 1, 1, 3) if far else (3, -3, 1, -2, 2)
    wq[:, 0], wk[:, 0] = (0, 1, 0, 0), (LARGE, 0, 0, 0)
    if far:
        wq[:, 0], wk[:, 0] = (1, 0, 0, 0), (0, LARGE, 0, 0)
    wq[1, 1:] = wk[1, 1:] = 0  # what is large stays in the first column
    return {"X": x, "Wq": wq, "Wk": wk}


def projected(values: Mapping[str, Array]) -> dict[str, Array]:
    """Return Q, K and V themselves, where a function takes these."""
    keys = values.get("E", values["X"])
    found = {"Q": values["X"] @ values["Wq"], "K": keys @ values["Wk"], "V": keys @ values["Wv"]}
    found = {symbol: value.round(2) for symbol, value in found.items()}
    return found | {symbol: values[symbol] for symbol in ("Wo", "bo") if symbol in values}


def mask_of(sizes: Sizes, random: np.random.RandomState) -> Array | None:
    """Return where a token may look, n × m; None where it may look everywhere."""
    n, m = sizes.n, sizes.m or sizes.n
    if sizes.mask == "causal":
        return np.tri(n, m, dtype=bool)
    if sizes.mask == "padding":
        return np.tile(np.arange(m) != 1, (n, 1))
    if not sizes.mask:
        return None
    allowed = np.ones((n, m), bool)
    for row in allowed:
        row[random.choice(m, random.randint(1, m - 1), replace=False)] = False
    allowed[0] = np.arange(m) != m - 1  # the first sees most, the last little: no triangle, not symmetric
    allowed[-1] = np.arange(m) == 1
    if sizes.mask == "row":
        allowed[HIDDEN_ROW] = False
    return allowed


def config_of(
    values: Mapping[str, Array], sizes: Sizes, allowed: Array | None, *, upstream: bool
) -> dict[str, Any]:
    """Write a problem as a config, in plain lists."""
    lists = {symbol: value.tolist() for symbol, value in values.items() if symbol not in {"E", "U"}}
    rows = {symbol: lists.pop(symbol) for symbol in ("Q", "K", "V") if symbol in lists}
    config: dict[str, Any] = {"heads": sizes.heads}
    if "X" in lists:
        config["embeddings"] = lists.pop("X")
    if sizes.m:
        keys = {"embeddings": values["E"].tolist()} if "E" in values else {}
        config["context"] = keys or {"tokens": [str(i + 1) for i in range(sizes.m)]}
    config |= lists
    if rows:
        config["given"] = rows
    if allowed is not None:
        config["mask"] = True if sizes.mask == "causal" else allowed.astype(int).tolist()
    config |= {"upstream": values["U"].tolist(), "loss": "upstream"} if upstream else {"loss": "sum"}
    return config


def given(values: Mapping[str, Array], sizes: Sizes, allowed: Array | None, asked: Asked) -> dict[str, Any]:
    """Return everything that a function may ask for on this problem."""
    found: dict[str, Any] = {**values, "dO": values["U"], "h": sizes.heads, "n": sizes.n}
    found |= {"m": sizes.m or sizes.n, "d_model": sizes.d_model, "d_k": sizes.d_k, "d_v": sizes.d_v}
    if sizes.d_out:
        found["d_out"] = sizes.d_out
    if "Wq" in values:
        found["Wqkv"] = np.hstack([values[weight] for weight in WEIGHTS])
    if "bqkv" in asked.taken and sizes.biases:
        found["bqkv"] = np.concatenate([values[bias] for bias in BIASES])
    if "E" in values:
        found["Ev"] = values["E"]
    if "causal" in asked.taken:
        found["causal"] = sizes.mask == "causal"
    if allowed is None or found.get("causal"):
        return found
    if sizes.mask == "padding" and "padding" in asked.taken:
        return found | {"padding": allowed[0]}
    return found | {"mask": allowed}
