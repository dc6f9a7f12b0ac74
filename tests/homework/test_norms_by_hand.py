"""Who works a norm with a pocket calculator is right, who leaves a term of its gradient out is not."""

from __future__ import annotations

import numpy as np
import pytest

import attncli
from tests.support.pace import in_time

CONFIG = {
    "tokens": ["the", "cat", "sat"],
    "X": [[1, 0, 1, 0], [0, 2, 0, 1], [1, 1, 0, 0]],
    "Wq": [[1, 0], [0, 1], [1, 0], [0, 1]],
    "Wk": [[0, 1], [1, 0], [1, 1], [0, 0]],
    "Wv": [[1, 0], [0, 1], [1, 1], [0, 1]],
    "Wo": [[1, 0, 1, 0], [0, 1, 0, 1]],
    "γ": [1, 2, 1, 0.5],
    "β": [0, 0, 1, -1],
    "formulas": "R = X + O\nN1 = layernorm(R, γ, β)",
    "output": "N1",
    "target": 0,
    "loss": "mse",
}


def rounded(numbers: np.ndarray) -> np.ndarray:
    return np.sign(numbers) * np.floor(np.abs(numbers) * 100 + 0.5 + 1e-9) / 100


def mean(numbers: np.ndarray) -> np.ndarray:
    return rounded(numbers.mean(axis=-1, keepdims=True))


def by_calculator(*, without: str = "") -> dict[str, list]:
    """The answers of somebody who rounds every step to two decimals."""
    r = rounded(attncli.backward(attncli.Problem(**CONFIG))["R"])
    γ, β = np.array(CONFIG["γ"]), np.array(CONFIG["β"])
    apart = r - mean(r)
    root = rounded(np.sqrt(mean(rounded(apart**2)) + 1e-5))
    x = rounded(apart / root)
    n = rounded(rounded(x * γ) + β)
    dn = rounded(2 * n)
    g = rounded(dn * γ)
    back = g - (0 if without == "mean" else mean(g))
    back = back - (0 if without == "along" else rounded(x * mean(rounded(g * x))))
    answers = {
        "R": r,
        "N1": n,
        "dN1": dn,
        "dγ": rounded(rounded(dn * x).sum(axis=0)),
        "dR": rounded(back / root),
    }
    return {symbol: value.tolist() for symbol, value in answers.items()}


def verdicts(answers: dict[str, list]) -> dict[str, str]:
    record = attncli.check({"answers": answers}, attncli.Problem(**CONFIG)).to_dict()
    return {row["symbol"]: row["verdict"] for row in record["rows"]}


def test_every_step_may_be_rounded() -> None:
    found = verdicts(by_calculator())
    assert set(found) == {"R", "N1", "dN1", "dγ", "dR"}
    assert set(found.values()) <= {"correct", "follow-through"}


@pytest.mark.parametrize("without", ["mean", "along"])
def test_a_term_that_is_left_out_is_wrong(without: str) -> None:
    found = verdicts(by_calculator(without=without))
    assert found.pop("dR") == "wrong"
    assert "wrong" not in found.values()


def test_a_wide_row_is_marked_in_time() -> None:
    rng = np.random.default_rng(0)
    weights = {symbol: rng.normal(size=(96, 96)) / 10 for symbol in ("Wq", "Wk", "Wv")}
    problem = attncli.Problem(
        X=rng.normal(size=(3, 96)), **weights, formulas="N1 = layernorm(O)", output="N1", loss="mse", target=0
    )
    right = attncli.backward(problem)
    answers = {symbol: np.round(right[symbol], 2) for symbol in ("O", "N1", "dN1")}
    with in_time():
        attncli.check({"answers": {**answers, "dO": np.round(right["dN1"] * 3 - 1, 2)}}, problem)
