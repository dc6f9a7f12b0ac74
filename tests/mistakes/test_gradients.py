"""Wrong gradients: each comes to what a plain NumPy formula, head by head and row by row, says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.mistakes.catalogue import Mistake, catalogue

H = 2
Own = dict[str, Any]
Formula = Callable[[Own], np.ndarray]


def random_config(
    n: int = 4, d_model: int = 4, d_k: int = 2, d_v: int = 2, d_out: int = 4, heads: int = H, m: int = 0
) -> dict[str, Any]:
    """A problem with everything: biases, Wo and a mask of its own; with ``m`` a context of d_model + 1."""
    draw = np.random.default_rng(5)
    keys, from_ = (m, d_model + 1) if m else (n, d_model)
    mask = draw.random((n, keys)) < 0.6
    mask[:, 0] = True
    mask[1] = [True, *[False] * (keys - 1)]
    shapes = {"embeddings": (n, d_model), "Wq": (d_model, heads * d_k), "Wk": (from_, heads * d_k)}
    shapes |= {"Wv": (from_, heads * d_v), "Wo": (heads * d_v, d_out), "upstream": (n, d_out)}
    shapes |= {"bq": (heads * d_k,), "bk": (heads * d_k,), "bv": (heads * d_v,), "bo": (d_out,)}
    context = {"context": {"embeddings": draw.normal(size=(m, from_))}} if m else {}
    numbers = {name: draw.normal(size=shape) for name, shape in shapes.items()}
    return {**numbers, **context, "mask": mask, "heads": heads, "loss": "upstream"}


def key_of(config: dict[str, Any]) -> Key:
    return Key.of(attncli.Problem(**config))


SQUARE = random_config()
BCE = {**SQUARE, "scale": 0.3, "loss": "bce", "target": np.eye(4)}
BCE.pop("upstream")
ONE_HEAD = random_config(heads=1, d_k=4, d_v=4)
PLAIN = {k: v for k, v in ONE_HEAD.items() if k not in {"Wo", "bo", "bq", "bk", "bv", "mask"}}
ODD = random_config(n=3, d_model=5, d_k=4, d_v=1, d_out=6)
CROSS = random_config(n=4, d_model=4, d_k=2, d_v=2, d_out=4, m=5)
CONFIGS = {"square": SQUARE, "bce": BCE, "one head": ONE_HEAD, "plain": PLAIN, "odd": ODD, "cross": CROSS}


def made(config: dict[str, Any], id_: str, *, code: bool = True) -> list[Mistake]:
    """Every way in which a mistake can be written on a problem's page."""
    key = key_of(config)
    known = frozenset({*key.given, *key.values})
    found = catalogue(key.page, known, key.problem.sizes)
    return [one for one in found if one.id == id_ and code >= one.code]


def values(config: dict[str, Any]) -> Own:
    key = key_of(config)
    return {**key.given, **key.values}


def numbers(config: dict[str, Any], id_: str, **changed: np.ndarray) -> list[dict[str, np.ndarray]]:
    """What each way of making a mistake comes to; {} where the shapes do not fit."""
    own, found = {**values(config), **changed}, []
    before = {symbol: np.copy(value) for symbol, value in own.items() if isinstance(value, np.ndarray)}
    for mistake in made(config, id_):
        try:
            found.append({row.symbol: row.compute(own) for row in mistake.rows})
        except ValueError:
            found.append({})
    for symbol, value in before.items():
        np.testing.assert_array_equal(own[symbol], value, symbol)
    return found


# Plain formulas, for pages with heads: h × n × m and so on


def rows(*names: str, of: Callable[..., np.ndarray]) -> Formula:
    """Do something with each row of each head."""

    def formula(own: Own) -> np.ndarray:
        matrices = [own[name] for name in names]
        heads = range(len(matrices[0]))
        return np.array(
            [[of(*(one[i][r] for one in matrices)) for r in range(len(matrices[0][i]))] for i in heads]
        )

    return formula


def each_head(*names: str, of: Callable[..., np.ndarray]) -> Formula:
    """Do something with each head."""
    return lambda own: np.array([of(*(own[name][i] for name in names)) for i in range(H)])


def jacobian(a: np.ndarray) -> np.ndarray:
    return np.diag(a) - np.outer(a, a)


def seen(b: np.ndarray) -> np.ndarray:
    return np.array([number if number > -1e8 else 0.0 for number in b])


def blocks(size: int) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    def of(b: np.ndarray, a: np.ndarray, g: np.ndarray) -> np.ndarray:
        gradient = []
        for j in range(len(b)):
            keys = [i for i in range(len(b)) if i // size == j // size and b[i] > -np.inf]
            powers = {i: np.exp(b[i]) for i in keys}
            total = sum(powers.values())
            gradient.append(a[j] * (g[j] - sum(powers[i] / total * g[i] for i in keys)))
        return np.array(gradient)

    return of


def block(matrix: np.ndarray, i: int) -> np.ndarray:
    """The columns of head i."""
    width = matrix.shape[1] // H
    return matrix[:, i * width : (i + 1) * width]


def as_it_lies(name: str, *shape: int) -> Formula:
    return lambda own: np.array([*own[name].flat]).reshape(shape)


def over_root(own: Own) -> float:
    return own["c"] if own["c"] is not None else 1 / np.sqrt(own["Qh"].shape[-1])


def product(left: str, right: str) -> Formula:
    return lambda own: own[left] @ own[right]


PATHS = ("dX_Q", "dX_K", "dX_V")
WEIGHTS = (("dWq", "dQ"), ("dWk", "dK"), ("dWv", "dV"))
BIASES = (("dbq", "dQ"), ("dbk", "dK"), ("dbv", "dV"), ("dbo", "dO"))


def mean_of(name: str) -> Formula:
    return lambda own: sum(own[name]) / len(own[name])


def sum_of(name: str) -> Formula:
    return lambda own: np.array([sum(own[name].flat)] * own[name].shape[1])


EXPECTED: dict[str, list[dict[str, Formula]]] = {
    # softmax and scale
    "softmax-diagonal-only": [{"dM": rows("A", "dA", of=lambda a, g: a * (1 - a) * g)}],
    "softmax-only-a-da": [{"dM": rows("A", "dA", of=lambda a, g: a * g)}],
    "softmax-passed-through": [
        {"dM": lambda own: own["dA"]},
        {"dM": lambda own: own["dA"], "dZ": lambda own: own["dM"]},  # the second as it is with a right dM
    ],
    "softmax-column-sum": [
        {"dM": each_head("A", "dA", of=lambda a, g: a * (g - [sum(column) for column in (a * g).T]))}
    ],
    "softmax-row-sum": [{"dM": rows("A", "dA", of=lambda a, g: a * (g - sum(g)))}],
    "softmax-da-twice": [{"dM": rows("A", "dA", of=lambda a, g: jacobian(a) @ g * g)}],
    "softmax-from-scores": [
        {"dM": rows("M", "dA", of=lambda b, g: seen(b) * (g - sum(seen(b) * g)))}
    ],
    "softmax-block-sum": [
        *({"dM": rows("M", "A", "dA", of=blocks(size))} for size in (2, 3)),
        {},  # 4 and 8 keys are all
        {},
    ],
    "gradient-cut-at-softmax": [{"dM": lambda own: 0 * own["A"]}],
    "dscale-missing": [{"dS": lambda own: own["dZ"]}],
    "dq-scaled-twice": [{"dQh": lambda own: (own["dS"] @ own["Kh"]) * over_root(own)}],
    # products
    "da-with-wv": [
        {},
        {"dA": lambda own: np.array([own["dH"][i] @ block(own["Wv"], i).T for i in range(H)])},
    ],
    "dv-with-output": [{"dVh": each_head("A", "H", of=lambda a, h: a.T @ h)}],
    "dv-no-transpose": [{"dVh": each_head("A", "dH", of=lambda a, g: a @ g)}],
    "dk-no-transpose": [{"dKh": each_head("dS", "Qh", of=lambda s, q: s @ q)}],
    "dq-dk-exchanged": [
        {
            "dQh": each_head("dS", "Qh", of=lambda s, q: s @ q),
            "dKh": each_head("dS", "Kh", of=lambda s, k: s.T @ k),
        }
    ],
    "dc-no-transpose": [{"dC": product("dO", "Wo")}],
    "dheads-split-reshape": [{"dH": as_it_lies("dC", H, 4, 2)}],
    "dheads-merge-reshape": [
        *({f"d{name}": as_it_lies(f"d{name}h", 4, 4)} for name in "QKV"),
        {f"d{name}": as_it_lies(f"d{name}h", 4, 4) for name in "QKV"},
    ],
    # weights, biases, embeddings
    "dwo-with-output": [{"dWo": lambda own: own["O"].T @ own["dO"]}],
    "dw-transposed": [
        {"dWo": lambda own: own["dO"].T @ own["C"]},
        *({weight: lambda own, g=g: own[g].T @ own["X"]} for weight, g in WEIGHTS),
        {weight: lambda own, g=g: own[g].T @ own["X"] for weight, g in WEIGHTS},
    ],
    "dw-outer-product": [{weight: lambda own: own["X"].T @ own["dC"]} for weight, _ in WEIGHTS],
    "dx-one-path": [{"dX": lambda own, path=path: own[path]} for path in PATHS],
    "dx-path-twice": [
        {"dX": lambda own, path=path: own["dX"] + own[path]} for path in PATHS
    ],
    "dx-without-weights": [
        *({path: lambda own, g=g: own[g]} for path, (_, g) in zip(PATHS, WEIGHTS, strict=True)),
        {"dX": lambda own: own["dQ"] + own["dK"] + own["dV"]},
    ],
    "db-averaged": [
        *({bias: mean_of(g)} for bias, g in BIASES),
        {bias: mean_of(g) for bias, g in BIASES[:3]},  # and that of bo as it should be
    ],
    "db-one-number": [
        *({bias: sum_of(g)} for bias, g in BIASES),
        {bias: sum_of(g) for bias, g in BIASES[:3]},
    ],
    "db-from-dw": [
        {bias: lambda own, w=w: np.array([sum(own[w][:, j]) for j in range(own[w].shape[1])])}
        for (bias, _), (w, _) in zip(BIASES[:3], WEIGHTS, strict=True)
    ],
}  # fmt: skip


def agree(found: list[dict[str, np.ndarray]], wanted: list[dict[str, np.ndarray]]) -> None:
    """Compare the ways in which a mistake is made, in whatever order."""
    assert len(found) == len(wanted)
    left = list(wanted)
    for one in found:
        match = next(
            (
                i
                for i, other in enumerate(left)
                if one.keys() == other.keys()
                and all(
                    one[name].shape == other[name].shape
                    and np.allclose(one[name], other[name], rtol=1e-9, atol=1e-12)
                    for name in one
                )
            ),
            None,
        )
        assert match is not None, (one, left)
        del left[match]


@pytest.mark.parametrize("id_", EXPECTED)
@pytest.mark.parametrize("name", ["square", "bce"])
def test_numbers(name: str, id_: str) -> None:
    own = values(CONFIGS[name])
    wanted = [{symbol: formula(own) for symbol, formula in one.items()} for one in EXPECTED[id_]]
    agree(numbers(CONFIGS[name], id_), wanted)


def test_no_formula_here_is_the_right_one() -> None:
    own = values(SQUARE)
    for id_, ways in EXPECTED.items():
        for one in ways:
            wrong = [symbol for symbol, formula in one.items() if not np.allclose(formula(own), own[symbol])]
            assert wrong or not one or "dbk" in one, id_  # dbk is 0, which has that mean


def test_hidden_scores_may_be_a_large_number_as_well() -> None:
    own = values(SQUARE)
    assert np.isneginf(own["M"]).any()
    (wanted,) = numbers(SQUARE, "softmax-from-scores")
    (found,) = numbers(SQUARE, "softmax-from-scores", M=np.where(np.isneginf(own["M"]), -1e9, own["M"]))
    np.testing.assert_allclose(found["dM"], wanted["dM"])


@pytest.mark.parametrize(
    ("id_", "sheets", "code"),
    [
        ("softmax-block-sum", 1, 4),
        ("softmax-passed-through", 1, 2),
        ("dheads-merge-reshape", 1, 4),
        ("dx-path-twice", 3, 3),
    ],
)
def test_what_only_code_does_is_told_from_what_is_met_on_paper(id_: str, sheets: int, code: int) -> None:
    assert len(made(SQUARE, id_, code=False)) == sheets
    assert len(made(SQUARE, id_)) == code


def test_on_a_sheet_one_of_two_paths_alone_is_the_other_left_out() -> None:
    assert (len(made(CROSS, "dx-one-path")), len(made(CROSS, "dx-one-path", code=False))) == (2, 0)


SQUARE_ONLY = {  # no number where the shapes differ: h·d_v, h·d_k, d_model, d_out and n are 2, 8, 5, 6 and 3
    *("da-with-wv", "dc-no-transpose", "dwo-with-output", "dw-transposed", "dx-without-weights"),
}


def fits(config: dict[str, Any], id_: str) -> bool:
    """Whether a way of making a mistake gives each of its rows the right shape."""
    own = values(config)
    return any(
        one and all(value.shape == own[name].shape for name, value in one.items())
        for one in numbers(config, id_)
    )


@pytest.mark.parametrize("id_", EXPECTED)
def test_where_the_shapes_differ_a_mistake_fits_or_does_not(id_: str) -> None:
    assert fits(ODD, id_) == (id_ not in SQUARE_ONLY)
    assert fits(SQUARE, id_)


def test_with_a_context_each_path_goes_to_what_it_comes_from() -> None:
    own = values(CROSS)
    assert own["dS"].shape == (2, 4, 5)
    twice = [{"dE": own["dE"] + own[path]} for path in ("dE_K", "dE_V")]
    agree(numbers(CROSS, "dx-path-twice"), twice)
    agree(numbers(CROSS, "dx-one-path"), [{"dE": own[path]} for path in ("dE_K", "dE_V")])
    for id_ in ("dq-dk-exchanged", "dk-no-transpose", "dv-no-transpose"):
        assert numbers(CROSS, id_) == [{}]  # as many queries as keys are needed
    queries, *keys = numbers(CROSS, "dw-outer-product")
    agree([queries], [{"dWq": own["X"].T @ own["dC"]}])
    assert keys == [{}, {}]
    # E is one wider than K and V: dQ alone has the shape of its embeddings
    agree(numbers(CROSS, "dx-without-weights"), [{"dX": own["dQ"]}, {}, {}, {"dE": own["dK"] + own["dV"]}])
    averaged = {bias: own[g].mean(axis=0) for bias, g in BIASES}
    together = {bias: mean for bias, mean in averaged.items() if bias != "dbo"}
    agree(numbers(CROSS, "db-averaged"), [*({bias: mean} for bias, mean in averaged.items()), together])
    agree(
        numbers(CROSS, "dheads-merge-reshape"),
        [
            *({f"d{one}": own[f"d{one}h"].reshape(-1, 4)} for one in "QKV"),
            {f"d{one}": own[f"d{one}h"].reshape(-1, 4) for one in "QKV"},
        ],
    )
    twice_scaled = own["dS"] @ own["Kh"] / np.sqrt(2)
    agree(numbers(CROSS, "dq-scaled-twice"), [{"dQh": twice_scaled}])


def test_one_head_has_no_heads_to_mistake() -> None:
    own = values(ONE_HEAD)
    assert made(ONE_HEAD, "dheads-split-reshape") == made(ONE_HEAD, "dheads-merge-reshape") == []
    agree(numbers(ONE_HEAD, "dc-no-transpose"), [{"dH": own["dO"] @ own["Wo"]}])
    agree(numbers(ONE_HEAD, "dwo-with-output"), [{"dWo": own["O"].T @ own["dO"]}])
    agree(numbers(ONE_HEAD, "dv-with-output"), [{"dV": own["A"].T @ own["H"]}])
    agree(numbers(ONE_HEAD, "da-with-wv"), [{"dA": own["dH"] @ own["Wv"].T}])
    agree(numbers(ONE_HEAD, "dw-outer-product"), [{f"dW{one}": own["X"].T @ own["dH"]} for one in "qkv"])


def test_without_wo_the_output_is_what_the_heads_give() -> None:
    own = values(PLAIN)
    agree(numbers(PLAIN, "dv-with-output"), [{"dV": own["A"].T @ own["O"]}])
    agree(numbers(PLAIN, "dw-outer-product"), [{f"dW{one}": own["X"].T @ own["dO"]} for one in "qkv"])
    agree(numbers(PLAIN, "softmax-passed-through"), [{"dZ": own["dA"]}])
    scores = own["Z"] * (own["dA"] - (own["Z"] * own["dA"]).sum(axis=-1, keepdims=True))
    agree(numbers(PLAIN, "softmax-from-scores"), [{"dZ": scores}])
    for id_ in ("dc-no-transpose", "dwo-with-output", "db-averaged", "db-one-number", "db-from-dw"):
        assert made(PLAIN, id_) == []
    assert made({**PLAIN, "scale": 1}, "dq-scaled-twice")
    unscaled = {**PLAIN, "scale": False}
    assert "Z" not in key_of(unscaled).page.row
    assert made(unscaled, "dq-scaled-twice") == []
    heads = {k: v for k, v in SQUARE.items() if k not in {"Wo", "bo"}}
    own = values(heads)
    agree(numbers(heads, "dheads-split-reshape"), [{"dH": own["dO"].reshape(2, 4, 2)}])
