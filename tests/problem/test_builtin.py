"""The built-in problems are what the article tells of them, and small enough for paper."""

from __future__ import annotations

import numpy as np
import pytest

import attncli
from attncli.problem.sources import builtin_names, configs_folder
from tests.support.running import attncli as command

WORDS = "Death is like the wind alway by my side".split()
HEADS_LOOK_AT = ["wind", "Death", "like", "the", "alway", "side", "is", "my"]


def test_these_are_built_in() -> None:
    assert builtin_names() == ["article", "cross", "masked", "multihead", "tiny"]


def test_tiny() -> None:
    problem = attncli.load("tiny")
    assert len(problem.tokens) == 3
    assert [problem.sizes[letter] for letter in ("d_model", "d_k", "d_v")] == [2, 2, 2]
    result = attncli.forward(problem)
    assert np.array_equal(result["S"], result["S"].round())
    assert result["S"].max() < 10
    weights = result["A"]
    assert 0.01 < weights.min() < weights.max() < 0.9
    assert [problem.tokens[i] for i in weights.argmax(axis=1)] == ["wind", "is", "wind"]


def test_article() -> None:
    problem = attncli.load("article")
    assert list(problem.tokens) == WORDS
    weights = attncli.forward(problem)["A"]
    off_diagonal = weights - np.diag(np.diag(weights))
    assert (np.diag(weights) > off_diagonal.max(axis=1)).all()
    death, wind = WORDS.index("Death"), WORDS.index("wind")
    ordered = np.sort(off_diagonal, axis=None)
    assert weights[death, wind] == ordered[-1] > ordered[-2] + 0.05
    sizes = problem.sizes
    assert len({sizes["n"], sizes["d_k"], sizes["d_model"], sizes["d_v"]}) == 4
    assert float(np.sqrt(sizes["d_k"])).is_integer()
    assert problem.loss == "bce"
    assert not np.array_equal(attncli.forward(problem)["S"], attncli.forward(problem)["S"].T)


def test_multihead() -> None:
    problem = attncli.load("multihead")
    assert list(problem.tokens) == WORDS
    result = attncli.backward(problem)
    for weights, word in zip(result["A"], HEADS_LOOK_AT, strict=True):
        column = WORDS.index(word)
        others = np.delete(weights, column, axis=1)
        assert (weights[:, column] > others.max(axis=1)).all(), word
    assert result["O"].shape == result["X"].shape
    widths = np.split(np.abs(result["dWq"]), 8, axis=1)
    assert all(head.max() > 1e-3 for head in widths)


def test_masked() -> None:
    problem = attncli.load("masked")
    result = attncli.backward(problem)
    assert problem.form.heads == 2
    assert problem.form.biases == {"bq", "bk", "bv", "bo"}
    assert np.isneginf(result["M"][:, *np.triu_indices(5, 1)]).all()
    assert np.isfinite(result["M"][:, *np.tril_indices(5)]).all()
    assert np.abs(result["dbk"]).max() < 1e-14 < np.abs(result["dbq"]).max()


def test_cross() -> None:
    problem = attncli.load("cross")
    assert problem.context_tokens
    assert len({problem.sizes[letter] for letter in ("n", "m", "d_k", "d_v")}) == 4
    assert attncli.backward(problem)["dE"].shape == problem.shape("E")


@pytest.mark.parametrize("name", builtin_names())
def test_friendly_to_the_hand_and_not_degenerate(name: str) -> None:
    problem = attncli.load(name)
    for symbol, value in problem.givens.items():
        allowed = {-1, 0, 1} if symbol.startswith("b") else {0, 1} if symbol.startswith("W") else {0, 1, 2, 3}
        assert set(value.ravel().tolist()) <= allowed, symbol
    result = attncli.backward(problem)
    for row in result.rows:
        if row.backward and row.symbol != "dbk":
            assert np.abs(result[row.symbol]).max() > 1e-3, row.symbol
    for loss in ("bce", "mse", "sum"):
        assert np.isfinite(attncli.backward(problem, loss=loss, reduction="mean").loss.value)


@pytest.mark.parametrize("name", builtin_names())
def test_comments_teach(name: str) -> None:
    lines = (configs_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert sum(line.lstrip().startswith("#") for line in lines) >= 15


def test_tiny_fits_on_a_screen() -> None:
    assert command("forward", "tiny").out.count("\n") < 40
