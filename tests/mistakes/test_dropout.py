"""Dropout that was left on: numbers that nobody can work out are told for what they are, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.mistakes.dropout import dropped_behind, dropped_weights
from tests.support.homework_sheets import Hand, marked, named, worked


def key_of(heads: int, *, n: int = 4, **more: Any) -> Key:
    random = np.random.default_rng(heads)
    shapes = {"X": (n, 5), **dict.fromkeys(("Wq", "Wk", "Wv"), (5, heads * 2)), "upstream": (n, heads * 2)}
    given = {name: 0.6 * random.normal(size=shape) for name, shape in shapes.items()}
    return Key.of(attncli.Problem(**{**given, "heads": heads, "loss": "upstream", **more}))


def drop(weights: Any, p: float, seed: int = 2) -> Any:
    kept = np.random.default_rng(seed).random(weights.shape) >= p
    return weights * kept / (1 - p)


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.8])
def test_weights_of_which_some_are_gone(p: float) -> None:
    right = key_of(2).values["A"]
    found = dropped_weights(drop(right, p), right, 1e-9)
    assert found is not None
    assert found.factor == pytest.approx(1 / (1 - p))
    assert found.gone == (drop(right, p) == 0).sum()


def wrong_weights(right: Any) -> dict[str, Any]:
    one_gone = right.copy()
    one_gone[0, 1] = 0
    return {
        "right": right,
        "one gone": one_gone,
        "all larger": 1.25 * right,
        "smaller": np.where(one_gone == 0, 0, 0.9 * right),
        "each row made to sum to 1 again": one_gone / one_gone.sum(axis=-1, keepdims=True),
        "the largest": (right == right.max(axis=-1, keepdims=True)).astype(float),
        "nothing": np.zeros_like(right),
        "transposed": drop(right, 0.5).T,
        "turned": -drop(right, 0.5),
        "too few": drop(right, 0.5)[1:],
    }


@pytest.mark.parametrize("kind", wrong_weights(np.eye(2)))
def test_other_weights_are_not_taken_for_that(kind: str) -> None:
    right = key_of(1).values["A"]
    for limit in (1e-9, 0.0005, 0.005):
        assert dropped_weights(wrong_weights(right)[kind], right, limit) is None


@pytest.mark.parametrize("decimals", [3, 4])
def test_it_is_named_on_a_sheet(decimals: int) -> None:
    key, hand = key_of(2, mask=True), Hand(decimals)
    values = worked(key, hand)
    values["A"] = hand.rounding.matrix(drop(values["A"], 0.3, seed=7))
    assert named(marked(key, hand, values, ("Q", "K", "V", "S", "Z", "A"))) == {"dropout-active"}
    values["A"] = hand.rounding.matrix(1.3 * worked(key, hand)["A"])
    assert "dropout-active" not in named(marked(key, hand, values, ("Q", "K", "V", "S", "Z", "A")))


FORMS = [
    (1, {}),
    (1, {"mask": True, "Wo": np.random.default_rng(1).normal(size=(2, 3))}),
    (2, {}),
    (2, {"mask": True}),
    (3, {"Wo": np.random.default_rng(1).normal(size=(6, 4)), "upstream": np.ones((4, 4))}),
    (
        2,
        {
            "Wo": np.random.default_rng(1).normal(size=(4, 3)),
            "bo": np.arange(3.0),
            "upstream": np.ones((4, 3)),
        },
    ),
]


@pytest.mark.parametrize(("heads", "more"), FORMS)
@pytest.mark.parametrize(
    ("p", "limit", "kind"), [(0.1, 1e-9, float), (0.5, 1e-9, float), (0.3, 1e-5, np.float32)]
)
def test_it_is_seen_in_what_comes_behind_the_weights(
    heads: int, more: dict[str, Any], p: float, limit: float, kind: type
) -> None:
    if heads == 1 and "Wo" in more:
        more = {**more, "upstream": np.ones((4, 3))}
    key = key_of(heads, **more)
    known = {**key.given, "A": key.values["A"]}
    weights = drop(key.values["A"], p, seed=7)
    each = [
        a @ v
        for a, v in zip(
            np.atleast_3d(weights.reshape(heads, 4, 4)), np.split(key.values["V"], heads, axis=1), strict=True
        )
    ]
    output = np.concatenate(each, axis=1)
    if "Wo" in more:
        output = output @ more["Wo"] + more.get("bo", 0)
    output = output.astype(kind)
    found = dropped_behind("O", output, key.page, known, limit)
    assert found is not None
    assert found.factor == pytest.approx(1 / (1 - p), rel=1e-3)
    assert found.gone == ((weights == 0) & (key.values["A"] != 0)).sum()
    less = (output - more.get("bo", 0)) * 0.9 * (1 - p) + more.get("bo", 0)
    others = [less] if found.gone else []
    for other in (*others, key.values["O"], output + 0.01, output[::-1], -output, output[:, ::-1]):
        assert dropped_behind("O", other.astype(kind), key.page, known, limit) is None
    if "H" in key.values and heads > 1:
        assert dropped_behind("H", np.stack(each), key.page, known, limit) == pytest.approx(found)


def test_weights_that_only_have_a_factor_are_told_from_those() -> None:
    key = key_of(2)
    known = {**key.given, "A": key.values["A"]}
    assert dropped_behind("O", 0.87 * key.values["O"], key.page, known, 1e-9) == pytest.approx((0.87, 0))
    assert dropped_behind("O", key.values["O"] / 0.9, key.page, known, 1e-9) == pytest.approx((1 / 0.9, 0))


def test_too_many_weights_are_left_alone() -> None:
    key = key_of(4, n=5)
    with pytest.raises(ValueError, match="too many"):
        dropped_behind("O", key.values["O"], key.page, {**key.given, "A": key.values["A"]}, 1e-9)
