"""Rounding as a person does it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attncli
from attncli import Rounding
from tests.support.running import attncli as run


@pytest.mark.parametrize(
    ("number", "up", "even", "cut"),
    [
        (0.125, 0.13, 0.12, 0.12),
        (0.135, 0.14, 0.14, 0.13),
        (-0.125, -0.13, -0.12, -0.12),
        (2.675, 2.68, 2.68, 2.67),  # the binary number is below 2.675
        (1.005, 1.01, 1.0, 1.0),
        (0.3 - 0.1, 0.2, 0.2, 0.2),  # 0.19999999999999998
        (0.1 + 0.2, 0.3, 0.3, 0.3),
        (1e20, 1e20, 1e20, 1e20),
        (-0.001, 0.0, 0.0, 0.0),
        (math.inf, math.inf, math.inf, math.inf),
    ],
)
def test_to_two_decimals(number: float, up: float, even: float, cut: float) -> None:
    assert Rounding(2).number(number) == up
    assert Rounding(2, "half-even").number(number) == even
    assert Rounding(2, "truncate").number(number) == cut
    assert str(Rounding(2).number(-0.001)) == "0.0"


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_never_further_than_half_a_unit(number: float, decimals: int) -> None:
    for mode, most in (("half-up", 0.5), ("half-even", 0.5), ("truncate", 1.0)):
        rounded = Rounding(decimals, mode).number(number)
        assert abs(rounded - number) <= most * 10.0**-decimals * (1 + 1e-9) + 1e-8
        assert Rounding(decimals, mode).number(rounded) == rounded


def test_each_row_is_rounded_before_the_next_one_uses_it() -> None:
    result = attncli.forward(attncli.load("article"), rounding=Rounding(2))
    assert np.array_equal(result["A"], Rounding(2).matrix(result.exact["A"]))
    by_hand = Rounding(2).matrix(result["A"] @ result["V"])
    assert np.array_equal(result["O"], by_hand)
    assert not np.array_equal(result["O"], Rounding(2).matrix(result.exact["O"]))
    assert result.drift("O") == np.abs(result["O"] - result.exact["O"]).max()
    assert result.drift("X") is None
    assert attncli.forward(attncli.load("article")).drift("O") is None


def test_givens_are_not_rounded() -> None:
    problem = attncli.load("article", ["X[1,1]=0.123456"])
    assert attncli.forward(problem, rounding=Rounding(2))["X"][0, 0] == 0.123456


@pytest.mark.parametrize("loss", ["bce", "ce"])
def test_the_loss_is_worked_from_the_rounded_probabilities(loss: str) -> None:
    result = attncli.backward(attncli.load("masked"), loss=loss, rounding=Rounding(3))
    p, y = result["P"], result["Y"]
    assert ((p > 0) & (p < 1)).all()
    cells = y * np.log(p) + ((1 - y) * np.log(1 - p) if loss == "bce" else 0)
    assert result["L"] == Rounding(3).number(-cells.sum())
    dp = (p - y) / (p * (1 - p)) if loss == "bce" else -y / p
    assert np.array_equal(result["dP"], Rounding(3).matrix(dp))
    assert np.array_equal(result["dO"], Rounding(3).matrix(p - y))


def test_where_a_probability_rounds_to_one_the_output_is_taken() -> None:
    given = {"O": [[9.0, 0.0], [0.0, -9.0], [1.0, 2.0]]}
    result = attncli.backward(
        attncli.Problem(given=given, target=[[1, 1], [1, 1], [0, 1]]), rounding=Rounding(2)
    )
    assert result["P"][0, 0] == 1.0
    assert result["P"][1, 1] == 0.0
    assert result["dP"][0, 0] == -1.0  # −(1 + e^−9), to two decimals
    assert result["dP"][1, 1] == Rounding(2).number(-(1 + math.exp(9)))
    from_p = -(3 * math.log(0.5) + math.log(1 - 0.73) + math.log(0.88)) + math.log1p(math.exp(-9)) * 2 + 9
    assert result["L"] == pytest.approx(from_p + math.log(0.5), abs=0.011)


def test_no_more_decimals_than_asked_for() -> None:
    text = run("backward", "--round", "2", "--all", "-q").out
    numbers = re.findall(r"(?<![\w.])-?\d+\.(\d+)", re.sub(r"off by up to \S+", "", text))
    assert numbers
    assert {len(decimals) for decimals in numbers} == {2}
    assert "off by up to" in text


def test_json_says_how_it_was_rounded() -> None:
    import json

    record = json.loads(run("forward", "--round", "1", "--rounding", "truncate", "--json", "-q").out)
    assert record["rounding"] == {"decimals": 1, "mode": "truncate"}
    assert "rounding" not in json.loads(run("forward", "--json", "-q").out)


def test_explain_shows_the_rounded_numbers() -> None:
    line = run("explain", "A[Death,wind]", "--round", "2", "--depth", "0", "-q", "--width", "300").out
    assert line.endswith("= 148.41/504.14 ≈ 0.29\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--round", "-1"], "--round is -1; expected a whole number from 0 to 15"),
        (["--round", "2", "--rounding", "up"], "--rounding is 'up'; expected half-up, half-even or truncate"),
    ],
)
def test_bad_rounding(options: list[str], message: str) -> None:
    done = run("forward", *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
