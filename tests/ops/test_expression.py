"""One cell's arithmetic: every function that a cell may have, in each way in which it is written."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import mpmath
import pytest

from attncli.export.latex import TexWorking
from attncli.homework.by_hand import Places, Steps
from attncli.ops.expression import (
    ASCII,
    CALLS,
    Call,
    Cell,
    Extreme,
    Negative,
    Number,
    Product,
    Quotient,
    Square,
    Sum,
    cells_of,
    paper,
    spell,
    value_of,
)
from attncli.show import working
from attncli.show.working import EXACT, Working
from tests.support.equations import false_equations

X, Y = Cell("X", (0, 0), -1.5), Cell("X", (0, 1), 0.25)
CALCULUS = Sum((Product((Number(2), Call("tanh", Quotient(X, Number(3))))), Negative(Square(Call("cos", Y)))))
PAPER = paper("{:g}".format)


def test_functions_are_written_as_on_paper_and_for_a_machine() -> None:
    assert spell(CALCULUS, PAPER) == "2·tanh((-1.5)/3) − cos(0.25)²"
    assert spell(CALCULUS, ASCII) == "2*tanh((-1.5)/3) - cos(0.25)**2"
    assert spell(Extreme("max", (Number(0), Sum((X, Y)))), PAPER) == "max(0, -1.5 + 0.25)"
    assert spell(Product((Extreme("min", (X, Y)), Y)), ASCII) == "min(-1.5, 0.25)*0.25"
    assert spell(Product((Y, Call("log", Y))), PAPER) == "0.25·(ln 0.25)"
    assert spell(Call("exp", Negative(Y)), PAPER) == "e^−0.25"
    assert spell(Call("exp", Negative(Quotient(Square(Y), Number(2)))), PAPER) == "e^−(0.25²/2)"
    assert spell(Call("exp", Quotient(Y, Number(2))), PAPER) == "e^(0.25/2)"
    assert spell(Product((Square(Call("exp", Y)), Square(Call("sqrt", Y)))), PAPER) == "(e^0.25)²·(√0.25)²"
    assert spell(Sum((Y, Square(Sum((X, Y))))), ASCII) == "0.25 + (-1.5 + 0.25)**2"


def test_functions_are_written_in_latex() -> None:
    tex = TexWorking(2, str)
    written = [tex.substituted(Call(name, Y)) for name in CALLS[3:]]
    assert written == [r"\tanh(0.25)", r"\operatorname{erf}(0.25)", r"\sin(0.25)", r"\cos(0.25)"]
    assert tex.substituted(Extreme("max", (Number(0), Y))) == r"\max(0, 0.25)"


def test_functions_are_worked_out() -> None:
    assert value_of(CALCULUS) == 2 * math.tanh(-0.5) - math.cos(0.25) ** 2
    assert value_of(Extreme("max", (Number(0), X))) == 0
    assert value_of(Extreme("min", (Number(0), X))) == -1.5
    assert list(cells_of(Extreme("max", (Y, X)))) == [Y, X]


@pytest.mark.parametrize("name", ["tanh", "erf", "sin", "cos"])
def test_decimal_functions_are_right_to_forty_digits(name: str) -> None:
    numbers = ["0", "1e-30", "1e-5", "0.1", "0.5", "1", "2.5", "3.14159", "6", "11", "12", "40", "70", "1e4"]
    with localcontext(EXACT), mpmath.workdps(60):
        for text in [*numbers, *(f"-{number}" for number in numbers)]:
            right = getattr(mpmath, name)(mpmath.mpf(text))
            ours = working.CALLS[name](Decimal(text))
            size = abs(right) if name in {"tanh", "erf"} else max(1, abs(mpmath.mpf(text)))
            assert abs(mpmath.mpf(str(ours)) - right) <= size * mpmath.mpf("1e-36"), text


def test_decimal_functions_end_on_any_number() -> None:
    with localcontext(EXACT):
        for name in ("tanh", "erf", "sin", "cos"):
            assert working.CALLS[name](Decimal("NaN")).is_nan()
        ends = [working.CALLS[name](Decimal("-Infinity")) for name in ("tanh", "erf", "sin")]
    assert ends[:2] == [-1, -1]
    assert ends[2].is_nan()


@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize(
    "expression", [CALCULUS, Product((X, Call("erf", Y))), Extreme("max", (Number(0), X)), Call("sin", Y)]
)
def test_equations_are_true_at_the_digits_shown(expression, decimals: int) -> None:
    line = "x" + "".join(Working(decimals).equation(expression, value_of(expression)))
    assert " = " in line
    assert not false_equations(line, decimals)


def test_what_a_calculator_s_key_gives_may_be_rounded() -> None:
    assert Steps(CALCULUS).names == {"product", "tanh", "quotient", "cos"}
    assert Steps(CALCULUS).result({"tanh": Places(2), "cos": Places(1)}) == pytest.approx(2 * -0.46 - 1.0)
    assert Steps(Extreme("max", (Number(0), Call("tanh", Y)))).result({"tanh": Places(1)}) == 0.2
