"""The same from Python."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import attncli

EYE = [[1, 0], [0, 1]]
SMALL = {"X": [[1, 0], [0, 2], [1, 1]], "Wq": EYE, "Wk": [[1, 1], [0, 1]], "Wv": EYE, "target": [1, 0]}


def test_a_problem_from_symbols_and_names() -> None:
    problem = attncli.Problem(**SMALL, heads=2, mask=True)
    assert problem.form.heads == 2
    assert problem.tokens == ("1", "2", "3")
    assert problem.context_tokens is None
    assert "Problem" in repr(problem)
    same = attncli.Problem(
        embeddings=SMALL["X"],
        **{k: np.array(v) for k, v in SMALL.items() if k != "X"},
        heads=2,
        mask="causal",
    )
    a, b = attncli.backward(problem), attncli.backward(same)
    assert all(np.array_equal(a[symbol], b[symbol]) for symbol in a.values)


def test_a_problem_cannot_be_changed() -> None:
    source = np.array(SMALL["X"], float)
    problem = attncli.Problem(**{**SMALL, "X": source})
    source[0, 0] = 100
    assert problem.givens["X"][0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        problem.givens["X"][0, 0] = 2
    with pytest.raises(AttributeError):
        problem.loss = "mse"


def test_load_takes_a_path_a_name_or_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(SMALL))
    by_path, by_mapping = attncli.load(path), attncli.load(SMALL)
    assert np.array_equal(attncli.forward(by_path)["O"], attncli.forward(by_mapping)["O"])
    assert by_path.name == str(path)
    assert attncli.load("article").name == "article"


def test_results_by_symbol() -> None:
    result = attncli.backward(attncli.Problem(**SMALL))
    assert result.formula("dWq") == "dWq = Xᵀ·dQ"
    assert result.formula("X") == "X"
    assert result["L"].ndim == 0
    with pytest.raises(KeyError, match="dWx"):
        result["dWx"]
    assert attncli.forward(attncli.Problem(**SMALL)).loss is None


def test_the_arguments_go_before_the_config() -> None:
    problem = attncli.Problem(**SMALL, loss="mse", reduction="mean")
    assert attncli.backward(problem).loss.name == "mse"
    result = attncli.backward(problem, loss="bce", reduction="sum")
    assert (result.loss.name, result.loss.reduction) == ("bce", "sum")
    assert np.array_equal(result["dO"], result["P"] - result["Y"])
    assert np.array_equal(attncli.backward(problem, reduction="mean", loss="bce")["dO"], result["dO"] / 6)


def test_only_keeps_what_was_asked_for_and_says_what_there_is() -> None:
    problem = attncli.Problem(**SMALL)
    assert list(attncli.forward(problem, only=["A", "X"]).values) == ["X", "A"]
    result = attncli.backward(problem, only=("dX", "dWq"))
    assert set(result.values) == {"dX", "dWq"}
    assert result.loss.value == attncli.backward(problem).loss.value
    with pytest.raises(attncli.AttnError, match="'dWQ' is not on this page") as caught:
        attncli.backward(problem, only=["dWQ"])
    assert "dWq" in caught.value.hint
    with pytest.raises(attncli.AttnError, match="'dX' is not on this page") as caught:
        attncli.forward(problem, only=["dX"])
    assert "attncli backward" in caught.value.hint


def test_a_row_that_nobody_needs_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from attncli.ops.linear import MatMul

    right, made = MatMul.value, []
    monkeypatch.setattr(MatMul, "value", lambda self, a, b: made.append(1) or right(self, a, b))
    attncli.forward(attncli.Problem(**SMALL), only=["Q"])
    assert len(made) == 1


def test_what_backward_needs_is_asked_for() -> None:
    without = attncli.Problem(**{k: v for k, v in SMALL.items() if k != "target"})
    with pytest.raises(attncli.AttnError, match="bce needs a target"):
        attncli.backward(without)
    with pytest.raises(attncli.AttnError, match="needs upstream"):
        attncli.backward(without, loss="upstream")
    with pytest.raises(attncli.AttnError, match="loss is 'bec'") as caught:
        attncli.backward(without, loss="bec")
    assert "bce" in caught.value.hint
    assert attncli.backward(without, loss="sum").loss.value == pytest.approx(
        attncli.forward(without)["O"].sum()
    )


def test_the_record_is_what_the_contract_says() -> None:
    result = attncli.backward(attncli.Problem(**SMALL, mask=True))
    record = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert list(record) == [
        "schema",
        "config",
        "tokens",
        "context_tokens",
        "heads",
        "d_model",
        "d_k",
        "d_v",
        "loss",
        "rows",
        "values",
    ]
    assert record["schema"] == 1
    assert record["loss"] == {"name": "bce", "reduction": "sum", "value": result.loss.value}
    assert record["rows"][0] == {"symbol": "Q", "pass": "forward", "formula": "Q = X·Wq", "shape": [3, 2]}
    assert record["rows"][-1]["pass"] == "backward"
    assert record["values"]["X"] == SMALL["X"]
    assert isinstance(record["values"]["X"][0][0], int)
    assert record["values"]["L"] == result.loss.value
    assert record["values"]["M"][0] == [pytest.approx(1 / 2**0.5), "-inf", "-inf"]
    assert list(record["values"])[:5] == ["X", "Wq", "Wk", "Wv", "Y"]
    forward = attncli.forward(attncli.Problem(**SMALL)).to_dict()
    assert forward["loss"] is None
    assert "P" not in forward["values"]


def test_the_record_has_no_negative_zero_and_no_nan() -> None:
    given = {"Q": [[-0.0, 1], [1, 1]], "K": [[1, 1], [0, -1]], "V": [[0.5, -0.0], [1, 2]]}
    record = attncli.backward(attncli.Problem(given=given, target=[[1, 0], None])).to_dict()
    assert "-0.0" not in json.dumps(record["values"]["V"])
    assert record["values"]["Y"] == [[1.0, 0.0], ["nan", "nan"]]
    assert record["d_model"] is None
    assert record["d_k"] == 2


def test_names_and_errors() -> None:
    assert set(attncli.__all__) <= set(dir(attncli))
    assert issubclass(attncli.AttnErrors, attncli.AttnError)
    with pytest.raises(AttributeError, match="foo"):
        attncli.foo  # noqa: B018
    with pytest.raises(attncli.AttnErrors) as caught:
        attncli.Problem(X=[[1, 2], [3]], heads="two", maks=True)
    assert len(caught.value.errors) == 3
    assert "did you mean 'mask'" in str(caught.value)


def test_what_people_type_in_python() -> None:
    problem = attncli.Problem(**SMALL)
    assert attncli.forward(problem, dtype=np.float32)["A"].dtype == np.float32
    assert list(attncli.backward(problem, only="dX").values) == ["dX"]
    with pytest.raises(attncli.AttnError, match="loss is ''"):
        attncli.backward(problem, loss="")
    result = attncli.backward(attncli.Problem(**SMALL, heads=2))
    assert repr(result).startswith("<Result of Problem: X, Wq,")
    with pytest.raises(ValueError, match="read-only"):
        result["Qh"][0, 0, 0] = 9.0


def test_tokens_that_may_look_at_nothing() -> None:
    given = {"M": [[-np.inf, -np.inf], [0.0, 1.0]], "V": [[1.0], [2.0]]}
    assert attncli.forward(attncli.Problem(given=given)).blind_tokens == [0]
    per_head = [[[1, 1, 1], [1, 1, 1], [1, 0, 0]], [[1, 0, 0], [0, 0, 0], [1, 1, 1]]]
    assert attncli.forward(attncli.Problem(**SMALL, heads=2, mask=per_head)).blind_tokens == [1]
    assert attncli.forward(attncli.Problem(**SMALL)).blind_tokens == []
