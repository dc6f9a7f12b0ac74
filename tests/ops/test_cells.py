"""Functions of each cell, against fifty digits over the whole range of their type."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from attncli.ops import cells
from attncli.page.page import strict
from tests.support.pace import in_time


def gelu_tanh(x: mpf) -> mpf:
    """As it is defined, with (1 + tanh t)/2 written as 1/(1 + e^−2t), which keeps its digits."""
    return x / (1 + mpmath.exp(-2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf(0.044715) * x**3)))


FUNCTIONS = {
    cells.LOGISTIC: lambda x: 1 / (1 + mpmath.exp(-x)),
    cells.TANH: mpmath.tanh,
    cells.SOFTCAP: lambda x: 30 * mpmath.tanh(x / 30),
    cells.RELU: lambda x: max(x, mpf(0)),
    cells.SILU: lambda x: x / (1 + mpmath.exp(-x)),
    cells.GELU: lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    cells.GELU_TANH: gelu_tanh,
}
SLOPES = {
    cells.LOGISTIC: lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
    cells.TANH: lambda x: 1 / mpmath.cosh(x) ** 2,
    cells.SOFTCAP: lambda x: 1 / mpmath.cosh(x / 30) ** 2,
    cells.RELU: lambda x: mpf(x > 0),
    cells.SILU: lambda x: (1 + x / (1 + mpmath.exp(x))) / (1 + mpmath.exp(-x)),
    cells.GELU: lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2 + x * mpmath.npdf(x),
    cells.GELU_TANH: lambda x: mpmath.diff(gelu_tanh, x),
}
NUMBERS = np.concatenate([np.linspace(-45, 45, 361), [-1e-9, 1e-300, -750, 750, -1e6, 1e6]])
NAMES = [type(function).__name__ for function in FUNCTIONS]


def extra(function: cells.Cellwise) -> tuple[float, ...]:
    return (30.0,) if function is cells.SOFTCAP else ()


def ulps(ours: np.ndarray, right: list[mpf], size: list[mpf]) -> float:
    """The worst error in units of the last digit, beside that of the size; what underflows is 0."""
    limits = np.finfo(ours.dtype)
    worst = mpf(0)
    for mine, truth, scale in zip(ours.tolist(), right, size, strict=True):
        worst = max(
            worst,
            (abs(mpf(mine) - truth) - mpf(float(limits.smallest_normal))) / max(abs(scale), mpf("1e-999")),
        )
    return float(worst / mpf(float(limits.eps)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=NAMES)
def test_every_function_is_right_to_its_last_digits(function: cells.Cellwise, dtype: str) -> None:
    """As far as the number that goes in is: a tail such as e^−x² multiplies its last digit by x²."""
    numbers = NUMBERS.astype(dtype)
    with strict(), mpmath.workdps(50):
        ours = function.value(numbers, *extra(function))
        exact = [mpf(float(x)) for x in numbers]
        right = [FUNCTIONS[function](x) for x in exact]
        slopes = [SLOPES[function](x) for x in exact]
        size = [abs(y) + abs(x * slope) for x, y, slope in zip(exact, right, slopes, strict=True)]
    assert ours.dtype == dtype
    assert ulps(ours, right, size) < 4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=NAMES)
def test_every_derivative_is_right_to_its_last_digits(function: cells.Cellwise, dtype: str) -> None:
    numbers = NUMBERS[np.abs(NUMBERS) < 50].astype(dtype)
    with strict(), mpmath.workdps(50):
        ours, terms = (work(numbers, *extra(function)) for work in (function.slope, function.terms))
        exact = [mpf(float(x)) for x in numbers]
        right = [SLOPES[function](x) for x in exact]
        bends = [mpmath.diff(SLOPES[function], x) if x else mpf(0) for x in exact]
        size = [mpf(float(t)) + abs(x * bend) for t, x, bend in zip(terms, exact, bends, strict=True)]
    assert ours.dtype == dtype
    assert ulps(ours, right, size) < 4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=NAMES)
def test_nothing_bends_far_out(function: cells.Cellwise, dtype: str) -> None:
    far = np.array([-np.inf, -1e30, -1e5, 1e5, 1e30], dtype)
    with strict():
        values, slopes = (work(far, *extra(function)) for work in (function.value, function.slope))
    bounded = function in {cells.LOGISTIC, cells.TANH, cells.SOFTCAP}
    assert slopes.tolist() == [0, 0, 0, *([0, 0] if bounded else [1, 1])]
    least = {cells.TANH: -1, cells.SOFTCAP: -30}.get(function, 0)
    most = {cells.LOGISTIC: 1, cells.TANH: 1, cells.SOFTCAP: 30}.get(function)
    assert values.tolist() == [least] * 3 + ([most] * 2 if most else far[3:].tolist())


def test_relu_has_slope_0_at_0() -> None:
    assert cells.RELU.slope(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 1]


def test_a_million_cells_take_no_time() -> None:
    numbers = np.random.default_rng(0).normal(size=(1000, 1000))
    with in_time(25):
        cells.GELU.slope(numbers)
