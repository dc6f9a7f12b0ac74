"""The built-in problems are what the article tells of them, and small enough for paper."""

from __future__ import annotations

import numpy as np
import pytest

import attncli
from attncli.problem.sources import builtin_names, configs_folder
from tests.support.running import attncli as command

WORDS = "Death is like the wind alway by my side".split()
OWN = ["alibi", "block", "gpt", "gqa", "rope", "sinks", "softcap", "window"]
HEADS_LOOK_AT = ["wind", "Death", "like", "the", "alway", "side", "is", "my"]


def test_these_are_built_in() -> None:
    lessons = ["article", "cross", "masked", "multihead", "tiny"]
    assert builtin_names() == sorted([*lessons, *OWN])


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
        if name in {"block", "gpt", "gqa"}:
            allowed |= {-1}
        assert set(value.ravel().tolist()) <= allowed, symbol
    result = attncli.backward(problem)
    for row in result.rows:
        if row.backward and row.symbol != "dbk":
            assert np.abs(result[row.symbol]).max() > 1e-3, row.symbol
    for loss in ("bce", "mse", "sum"):
        assert np.isfinite(attncli.backward(problem, loss=loss, reduction="mean").loss.value)


@pytest.mark.parametrize("name", OWN)
def test_no_mistake_hides_in_a_coincidence(name: str) -> None:
    """No two columns of a matrix and no two rows of A are alike, A is not symmetric, and sizes differ."""
    problem = attncli.load(name)
    result = attncli.backward(problem)
    for weights in result["A"].reshape(-1, *result["A"].shape[-2:]):
        assert not np.allclose(weights, weights.T)
        assert len({tuple(row) for row in weights.round(3)}) == len(weights)
    for symbol, value in problem.givens.items():
        if value.ndim > 1 and symbol != "Y":
            assert len({tuple(column) for column in value.T}) == value.shape[1] or value.shape[1] > 6, symbol
    sizes = [problem.sizes[letter] for letter in ("n", "d_model", "d_k")]
    assert len(set(sizes)) == len(sizes)


def test_block_is_the_papers_layer() -> None:
    result = attncli.backward(attncli.load("block"))
    assert result.formula("N") == "N = layernorm(R, γ1, β1)"
    shares = (result["N"] - result["β1"]) / result["γ1"]
    assert np.allclose(shares.mean(axis=-1), 0)
    assert np.allclose(shares.var(axis=-1), 1, atol=1e-4)
    assert (result["F1"] < 0).sum() == 6
    assert np.allclose(result["dR"].sum(axis=-1), 0)
    assert result.formula("dX1") == "dX1 = dX1_Q + dX1_K + dX1_V + dX1_R"
    assert result.explain("dN[Death,1]").value == result["dN"][0, 0]


def test_what_is_given_stands_in_the_configs_order() -> None:
    """Sets have another order in every process."""
    given = ["X", "Wq", "Wk", "Wv", "γ1", "β1", "W1", "b1", "W2", "b2", "γ2", "β2"]
    assert list(attncli.load("block").givens) == given


def test_a_mean_divides_by_another_name_where_a_quantity_is_called_n() -> None:
    problem = attncli.load("block")
    mean, total = (attncli.backward(problem, reduction=reduction) for reduction in ("mean", "sum"))
    assert mean.formula("L") == "L = Σ(N2 − Y)²/N_Y"
    assert mean.loss.value == pytest.approx(total.loss.value / 12)
    assert np.allclose(mean["dN"], total["dN"] / 12)


def test_gpt_has_learned_its_sentence() -> None:
    result = attncli.backward(attncli.load("gpt"))
    right = result["P"][np.arange(4), [1, 2, 3, 4]]
    assert (right == result["P"].max(axis=-1)).all()
    assert 0.60 < right.min() < right.max() < 0.75
    assert np.allclose(result["dPE"], result["dX"])


def test_what_the_comments_of_the_variants_say() -> None:
    """Each number that a comment names."""
    capped = attncli.forward(attncli.load("softcap"))
    assert (capped["Z"].max(), capped["Zc"].max().round(2)) == (5, 1.97)
    assert capped["A"][4, 0].round(2) == 0.27
    sinks = attncli.forward(attncli.load("sinks"))["A"]
    assert (sinks[0, 0, 0].round(2), sinks[1, 2].sum().round(2)) == (0.95, 0.33)
    alibi = attncli.forward(attncli.load("alibi"))
    assert len(set(alibi["Z"][0, 4].round(12))) == 1
    assert np.allclose(np.diff(alibi["Za"][0, 4]), 1 / 16)
    rope = attncli.forward(attncli.load("rope"))
    assert (rope["A"][0].argmax(), rope["A"][0, 4].round(2)) == (4, 0.36)
    assert np.allclose(np.diag(rope["S"]), np.diag(rope["Q"] @ rope["K"].T))
    gqa = attncli.backward(attncli.load("gqa"))
    assert np.array_equal(gqa["Kg"][0], gqa["Kg"][1])
    assert not np.allclose(gqa["A"][0], gqa["A"][1])
    assert np.allclose(gqa["dKh"][0], gqa["dKg"][0] + gqa["dKg"][1])
    window = attncli.forward(attncli.load("window"))["M"]
    assert [np.isfinite(row).sum() for row in window] == [1, 2, 3, 3, 3, 3]


@pytest.mark.parametrize("name", builtin_names())
def test_comments_teach(name: str) -> None:
    lines = (configs_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert sum(line.lstrip().startswith("#") for line in lines) >= 15


def test_tiny_fits_on_a_screen() -> None:
    assert command("forward", "tiny").out.count("\n") < 40
