"""Nothing that explain prints as an equation is false at the digits that are printed."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from itertools import chain

import numpy as np
import pytest

import attncli
from attncli.problem.sources import builtin_names
from attncli.result import Explanation
from attncli.rounding import Rounding
from attncli.show.working import Working
from tests.support.equations import equations, false_equations
from tests.support.running import attncli as run

MOST_CELLS = 8  # of one quantity


def some_cells(result: attncli.Result):
    """Every quantity; of a large one some cells, from all over it."""
    for symbol, value in result.values.items():
        cells = list(np.ndindex(value.shape))
        for index in cells[:: max(1, len(cells) // MOST_CELLS)]:
            yield Explanation(result, symbol, index)


def lines_of(name: str, rounding: Rounding | None, decimals: int, loss: str = "bce"):
    result = attncli.backward(attncli.load(name), loss=loss, rounding=rounding)
    working = Working(decimals, full=True)
    return chain.from_iterable(working.trail(cell, 0) for cell in some_cells(result))


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize(
    ("rounding", "decimals"), [(None, 4), (None, 2), (Rounding(2), 2), (Rounding(3), 3)], ids=str
)
def test_every_equation_is_true(name: str, rounding: Rounding | None, decimals: int) -> None:
    false = [
        found for line in lines_of(name, rounding, decimals) for found in false_equations(line, decimals)
    ]
    assert not false, "\n".join(false[:5])


@pytest.mark.parametrize("loss", ["ce", "mse"])
@pytest.mark.parametrize(
    ("rounding", "decimals"),
    [(None, 0), (None, 9), (Rounding(0), 0), (Rounding(2, "truncate"), 2), (Rounding(1, "half-even"), 1)],
    ids=str,
)
def test_other_losses_and_ways_of_rounding(loss: str, rounding: Rounding | None, decimals: int) -> None:
    lines = list(lines_of("cross", rounding, decimals, loss))
    false = [found for line in lines for found in false_equations(line, decimals)]
    assert not false, "\n".join(false[:5])
    assert sum(len(equations(line)) for line in lines) > 200


def test_every_digit_of_a_number() -> None:
    lines = lines_of("tiny", None, -1)
    equal = [one for line in lines for one in equations(line) if one.sign == "="]
    assert equal
    assert all(abs(one.left - one.right) <= Decimal("1e-15") * max(1, abs(one.right)) for one in equal)


def test_the_reader_of_this_test_finds_what_is_false() -> None:
    line = "Σ dA·(*) = 1.48·(-0.14) + 1.96·0.00 + 2.24·0.21 = 0.11, the same"
    assert false_equations(line, 2)
    assert not false_equations(line.replace("= 0.11", "= 0.26"), 2)
    assert false_equations(line.replace("= 0.11", "≈ 0.11"), 2)
    with pytest.raises(ValueError, match="brackets"):
        equations("a = 2·-0.14 = -0.28")


CELLS = ("dZ[Death,wind]", "A[Death,wind]", "dX[wind,1]", "P[1,1]", "dP[wind,2]", "L")


@pytest.mark.parametrize("style", ["text", "plain", "markdown", "html"])
@pytest.mark.parametrize("options", [[], ["--round", "2"], ["--round", "3", "--lang", "vi"]], ids=str)
def test_as_it_is_printed(style: str, options: list[str]) -> None:
    text = run("explain", *CELLS, "-f", style, "-q", "--full", "--width", "10000", *options).out
    lines = [unescape(re.sub("<[^>]*>|[├└│─]", " ", line)).strip() for line in text.splitlines()]
    decimals = int(options[1]) if options else 4
    found = [line for line in lines if re.search(r"\d [=≈] -?\d", line)]
    assert len(found) >= len(CELLS)
    assert not [false for line in found for false in false_equations(line, decimals)]


def test_latex_says_the_same() -> None:
    plain, tex = (
        run("explain", "dZ[1,2]", "-f", style, "-q", "--round", "2").out for style in ("plain", "latex")
    )
    signs = re.findall("[=≈]", plain)
    found = re.findall(r"=|\\approx", tex.partition(r"\begin{document}")[2])
    assert ["=" if sign == "=" else "≈" for sign in found] == signs


def test_the_terms_of_the_softmax_derivative() -> None:
    exact = run("explain", "dZ[Death,wind]", "-q", "--depth", "0", "--width", "10000").out
    assert "= 0.1084, the same" in exact
    assert "Σ dA·(*) = 1.46163·(-0.14289) + 1.94917·(-0.00262) + " in exact  # with four decimals it is 0.1083
    rounded = run("explain", "dZ[Death,wind]", "-q", "--depth", "0", "--width", "10000", "--round", "2").out
    assert "= 0.29·0.37 ≈ 0.11" in rounded
    assert "1.48·(-0.14) + 1.96·0 + 2.14·(-0.01)" in rounded
    assert "≈ 0.13; not 0.11 as above, because here (*) is rounded too" in rounded
