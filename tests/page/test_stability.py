"""Numbers at the ends of float64: never a NaN, never a silent infinity."""

from __future__ import annotations

import numpy as np
import pytest

import attncli

BIG = 1e150


def problem(**more) -> attncli.Problem:
    """Three tokens, two dimensions, all weights the identity."""
    eye = np.eye(2)
    base = {
        "X": [[1, 0], [0, 1], [1, 1]],
        "Wq": eye,
        "Wk": eye,
        "Wv": eye,
        "target": [[1, 0], [0, 1], [1, 1]],
    }
    return attncli.Problem(**{**base, **more})


def test_scores_of_1e300() -> None:
    result = attncli.backward(problem(X=[[BIG, 0], [0, BIG], [-BIG, BIG]], target=0.5, Wv=np.eye(2) / BIG))
    assert result["S"].max() == 2 * BIG**2
    assert np.array_equal(result["A"], [[1, 0, 0], [0, 0.5, 0.5], [0, 0, 1]])
    assert all(np.isfinite(value).all() for value in result.values.values())


def test_scores_too_far_apart_for_their_difference() -> None:
    far = [[1.7e308, -1.7e308], [-1.7e308, 1.7e308], [0, 0]]
    given = {"S": far, "V": [[1, 0], [0, 1]]}
    result = attncli.backward(
        attncli.Problem(context={"tokens": ["a", "b"]}, given=given, scale=False, loss="sum")
    )
    assert np.array_equal(result["A"], [[1, 0], [0, 1], [0.5, 0.5]])
    assert np.isfinite(result["dS"]).all()


@pytest.mark.parametrize(
    ("score", "target"), [(800.0, 1.0), (-800.0, 0.0), (800.0, 0.0), (-800.0, 1.0), (40.0, 1.0)]
)
def test_a_saturated_sigmoid(score: float, target: float) -> None:
    result = attncli.backward(
        attncli.Problem(given={"O": [[score], [0.0], [0.0]]}, target=[[target], [1], [0]])
    )
    p = result["P"][0, 0]
    wrong = (score > 0) != (target > 0.5)
    assert p == pytest.approx(float(score > 0), abs=1e-15)
    assert result.loss.value == pytest.approx(
        2 * np.log(2) + (abs(score) if wrong else np.exp(-abs(score))), rel=1e-15
    )
    assert result["dO"][0, 0] == p - target
    right = 1.0 if target == 0 else -1.0
    assert result["dP"][0, 0] == (right * np.inf if wrong else right * (1 + np.exp(-abs(score))))
    assert not np.isnan(result["dP"]).any()


def test_a_saturated_softmax_under_ce() -> None:
    result = attncli.backward(
        attncli.Problem(given={"O": [[1000.0, 0.0], [0.0, 1000.0]]}, target=[0, 0], loss="ce")
    )
    assert result.loss.value == 1000.0
    assert np.array_equal(result["dO"], [[0, 0], [-1, 1]])
    assert np.array_equal(result["dP"], [[-1, 0], [-np.inf, 0]])


def test_a_row_that_may_look_at_nothing() -> None:
    mask = [[1, 0, 0], [0, 0, 0], [1, 1, 1]]
    result = attncli.backward(problem(mask=mask))
    assert (result["A"][1] == 0).all()
    assert (result["O"][1] == 0).all()
    assert (result["dZ"][1] == 0).all()
    assert (result["dQ"][1] == 0).all()
    assert np.abs(result["dQ"][2]).max() > 0
    everything = attncli.backward(problem(mask=np.zeros((3, 3))))
    assert (everything["A"] == 0).all()
    assert (everything["dX"] == 0).all()


def test_what_float64_cannot_hold_is_an_error_that_names_the_row() -> None:
    with pytest.raises(attncli.AttnError, match=r"S = Q·Kᵀ.*too large for float64"):
        attncli.forward(problem(X=[[1e200, 0], [0, 1e200], [1, 1]]))
    with pytest.raises(attncli.AttnError, match=r"too large for float64"):
        attncli.forward(problem(X=[[1e200, 1e200], [1e200, -1e200], [1, 1]]))
    with pytest.raises(attncli.AttnError, match=r"L = Σ\(O − Y\)².*too large"):
        attncli.backward(problem(loss="mse", Wv=np.eye(2) * 1e200))


def test_float32_shows_its_effect_and_its_limits() -> None:
    single = attncli.backward(problem(), dtype="float32")
    double = attncli.backward(problem())
    assert all(value.dtype == np.float32 for value in single.values.values())
    off = np.abs(single["dX"] - double["dX"]).max()
    assert 0 < off < 1e-6
    with pytest.raises(attncli.AttnError, match="too large for float32"):
        attncli.forward(problem(X=[[1e200, 0], [0, 1], [1, 1]]), dtype="float32")
    with pytest.raises(attncli.AttnError, match=r"S = Q·Kᵀ.*too large for float32"):
        attncli.forward(problem(X=[[1e30, 0], [0, 1], [1, 1]]), dtype="float32")
    with pytest.raises(attncli.AttnError, match="dtype is 'int8'"):
        attncli.forward(problem(), dtype="int8")


def test_a_flag_raised_without_cause_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from attncli.ops.linear import MatMul

    right, raised = MatMul.value, []

    def nervous(self, a, b):
        if not raised:
            raised.append(True)
            raise FloatingPointError("invalid value encountered in matmul")
        return right(self, a, b)

    calm = attncli.forward(problem())
    monkeypatch.setattr(MatMul, "value", nervous)
    assert np.array_equal(attncli.forward(problem())["O"], calm["O"])
    assert raised


def test_what_has_no_weight_cannot_overflow() -> None:
    result = attncli.backward(attncli.Problem(given={"O": [[1e308, -1e308]]}, target=[[1, 0]], loss="ce"))
    assert result.loss.value == 0
    assert np.array_equal(result["dO"], [[0, 0]])
    given = {"S": [[1000.0, 0.0]], "V": [[1e308], [-1e308]]}
    problem = attncli.Problem(
        context={"tokens": ["a", "b"]}, given=given, scale=False, loss="upstream", upstream=[[1]]
    )
    assert np.array_equal(attncli.backward(problem)["dS"], [[0, 0]])
