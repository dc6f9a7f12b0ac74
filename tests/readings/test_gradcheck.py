"""``attncli gradcheck``: right gradients agree, and a wrong one is found where it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.calculation import whole_page
from attncli.ops.linear import Add, ColSum
from attncli.ops.softmax import Softmax, SoftmaxGradient
from attncli.problem.sources import builtin_names
from attncli.readings import gradcheck as engine
from attncli.readings.gradcheck import gradcheck, share
from tests.support.running import attncli as run

EYE = [[1.0, 0.0], [0.0, 1.0]]


@pytest.fixture(autouse=True)
def fresh_pages() -> Iterable[None]:
    """Pages are kept from call to call: a planted mistake must not outlive its test."""
    whole_page.cache_clear()
    yield
    whole_page.cache_clear()


@pytest.mark.parametrize(
    ("loss", "reduction"), [("bce", "sum"), ("ce", "mean"), ("mse", "mean"), ("sum", "sum")]
)
@pytest.mark.parametrize("name", sorted(set(builtin_names()) - {"multihead"}))
def test_every_gradient_of_every_problem_agrees(name: str, loss: str, reduction: str) -> None:
    problem = attncli.load(name)
    result = attncli.backward(problem, loss=loss, reduction=reduction)
    check = gradcheck(problem, loss=loss, reduction=reduction)
    assert check.agrees, [row for row in check.rows if not row.agrees]
    assert not check.sampled
    assert [row.symbol for row in check.rows] == [row.symbol for row in result.rows if row.backward]
    for row in check.rows:
        of = row.gradient.of
        assert row.cells == row.total == np.isfinite(result[of]).sum()
        largest = np.abs(result[row.symbol]).max()
        assert row.allowed <= 1e-5 * largest + 1e-7  # what is allowed leaves no room for a mistake


def test_many_heads_agree() -> None:
    check = gradcheck(attncli.load("multihead"))
    assert check.agrees
    assert not check.sampled


def test_upstream_given_rows_blank_targets_and_cross_values() -> None:
    configs: list[dict[str, Any]] = [
        {
            "given": {"Q": EYE, "K": EYE, "V": [[1, 2], [3, 4]]},
            "loss": "upstream",
            "upstream": [[1, -1], [2, 0.5]],
        },
        {"given": {"A": [[0.3, 0.7], [0.5, 0.5]]}, "embeddings": EYE, "Wv": EYE, "target": [[1, 0], [0, 1]]},
        {"embeddings": EYE, "Wq": EYE, "Wk": EYE, "Wv": EYE, "target": [[1, 0], None], "reduction": "mean"},
        {
            "embeddings": EYE,
            "Wq": EYE,
            "Wk": EYE,
            "Wv": EYE,
            "target": [1, 0],
            "loss": "ce",
            "mask": [[0, 0], [1, 1]],
        },
        {
            "embeddings": EYE,
            "context": {"embeddings": [[1, 2], [0, 1], [1, 1]], "values": [[2], [1], [0]]},
            "Wq": EYE,
            "Wk": EYE,
            "Wv": [[1, 2]],
            "bq": [1, 2],
            "target": 1,
        },
    ]
    for config in configs:
        check = gradcheck(attncli.load(config))
        assert check.agrees, check.rows
        assert len(check.rows) >= 4


@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0])
def test_a_planted_mistake_is_found_where_it_is(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = SoftmaxGradient.value
    monkeypatch.setattr(SoftmaxGradient, "value", lambda self, *args: right(self, *args) * factor)
    check = gradcheck(attncli.load("article"))
    wrong = [row.symbol for row in check.rows if not row.agrees]
    assert wrong == ["dZ", "dS", "dQ", "dK", "dWq", "dWk", "dX_Q", "dX_K", "dX"]
    outcome = run("gradcheck", "article")
    assert outcome.code == 1
    assert "9 of 15 gradients differ" in outcome.out
    assert "dZ = A∘(dA − rowsum(A∘dA)): dZ[" in outcome.out
    assert outcome.out.count("DIFFERS") == 9


def test_a_wrong_bias_is_found_though_one_of_them_is_always_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ColSum, "value", lambda _self, a: a.mean(axis=-2))
    wrong = [row.symbol for row in gradcheck(attncli.load("masked")).rows if not row.agrees]
    assert wrong == ["dbo", "dbq", "dbv"]  # dbk is 0 whatever becomes of it


def test_a_path_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Add, "value", lambda _self, *paths: paths[0] + paths[1])
    wrong = [row.symbol for row in gradcheck(attncli.load("article")).rows if not row.agrees]
    assert wrong == ["dX"]


def test_nan_never_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SoftmaxGradient, "value", lambda _self, a, _da: np.full_like(a, np.nan))
    assert not any(row.agrees for row in gradcheck(attncli.load("article"), only=["dZ"]).rows)


def test_a_wrong_forward_row_is_no_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    # The slopes come from the page's own forward rows: another softmax has another slope.
    right = Softmax.value
    monkeypatch.setattr(Softmax, "value", lambda self, scores: right(self, 2 * scores))
    wrong = [row.symbol for row in gradcheck(attncli.load("article")).rows if not row.agrees]
    assert wrong[0] == "dZ"
    assert "dA" not in wrong


def test_too_long_a_step_disagrees_and_says_why() -> None:
    outcome = run("gradcheck", "article", "--step", "0.5", "--only", "dWq,dWv")
    assert outcome.code == 1
    assert "±0.5 is a long step" in outcome.out
    assert run("gradcheck", "article", "--step", "0.5", "--only", "dWq", "--tolerance", "1").code == 0


def test_a_large_page_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_CELLS", 300)
    first, second = (gradcheck(attncli.load("article")) for _ in range(2))
    assert first.sampled
    assert 250 < sum(row.cells for row in first.rows) <= 300
    assert [row.index for row in first.rows] == [row.index for row in second.rows]
    by = {row.symbol: (row.cells, row.total) for row in first.rows}
    assert by["dWv"] == (15, 15)  # small rows whole
    assert by["dA"][0] < by["dA"][1] == 81
    outcome = run("gradcheck", "article")
    assert outcome.code == 0
    assert "of 631 numbers are moved, chosen at random (fixed seed)" in " ".join(outcome.out.split())


def test_share() -> None:
    assert share([10, 10], 100) == 10
    assert share([2, 50, 50], 42) == 20
    assert share([100, 100, 100], 2) == 1
    assert share([], 5) == 1


def test_the_screen_says_what_was_done() -> None:
    for columns in ("80", "120"):
        outcome = run("gradcheck", "masked", COLUMNS=columns)
        assert outcome.code == 0
        assert outcome.err == ""
        lines = outcome.out.splitlines()
        assert max(map(len, lines)) <= int(columns)
        said = " ".join(outcome.out.split())
        assert "each number x is moved by ±1e-05" in said
        assert "(L(x + 1e-05) − L(x − 1e-05)) / 2e-05 must be its gradient (bce, sum)" in said
        assert "P stays between 0 and 1" in said
        assert any(line.split()[:5] == ["dX_Q", "X", "via", "Q", "20"] for line in lines)
        assert any(line.split()[:3] == ["dM", "M", "30"] for line in lines)  # 50 cells, 20 of them −∞
        assert lines[-1] == "All 26 gradients agree with the slope of the loss."


def test_narrow_screens_cut_nothing() -> None:
    outcome = run("gradcheck", "article", "--only", "dWq", "--quiet", COLUMNS="30")
    wide = run("gradcheck", "article", "--only", "dWq", "--quiet", COLUMNS="120")
    assert max(map(len, outcome.out.splitlines())) <= 30
    assert set(wide.out.splitlines()[-1].split()) <= set(outcome.out.split())


def test_json() -> None:
    outcome = run("gradcheck", "article", "--only", "dX_Q,dP", "--json", "--loss", "ce")
    assert outcome.code == 0
    found = json.loads(outcome.out)
    assert found["agrees"] is True
    assert found["loss"] == {"name": "ce", "reduction": "sum"}
    assert [row["symbol"] for row in found["rows"]] == ["dP", "dX_Q"]
    for row in found["rows"]:
        assert abs(row["page"] - row["slope"]) == pytest.approx(row["difference"])
        assert row["difference"] <= row["allowed"]
        assert row["cell"].startswith(row["symbol"] + "[")
        assert row["moved"] == {"dP": "P", "dX_Q": "X into Q"}[row["symbol"]]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--step", "0"], "--step is 0"),
        (["--step", "nan"], "--step is nan"),
        (["--tolerance", "-1"], "--tolerance is -1"),
        (["--only", "dWx"], "'dWx' is not a gradient of this page"),
        (["--only", "A"], "'A' is not a gradient of this page"),
        (["--only", ","], "--only names no quantity"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], says: str) -> None:
    outcome = run("gradcheck", "article", *options)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.out == ""


def test_a_target_is_needed() -> None:
    outcome = run("gradcheck", "-", stdin=json.dumps({"embeddings": EYE, "Wq": EYE, "Wk": EYE, "Wv": EYE}))
    assert outcome.code == 2
    assert "needs a target" in outcome.err


@pytest.mark.parametrize("loss", ["bce", "ce"])
def test_saturated_probabilities_are_left_alone(loss: str) -> None:
    # P rounds to 0 and to 1, where dP is beyond what a difference of L can tell
    config = {"embeddings": [[40, 1], [-30, 1], [1, 2]], "Wq": EYE, "Wk": EYE, "Wv": [[1, 0], [0, 1]]}
    target = [[0, 1], [1, 0], [0, 1]]
    problem = attncli.load({**config, "target": target, "loss": loss})
    probabilities = attncli.backward(problem)["P"]
    assert (1 - probabilities < 1e-8).any()
    check = gradcheck(problem)
    assert check.agrees, [row for row in check.rows if not row.agrees]
    assert check.rows[0].symbol == "dP"
    assert 0 < check.rows[0].total < probabilities.size
