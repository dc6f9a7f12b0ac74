"""Problems with lines of their own: every row and gradient against PyTorch's, every cell against its row."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.by_hand import ways_of
from attncli.ops.expression import ASCII, cells_of, spell
from attncli.result import Explanation
from attncli.rounding import Rounding
from attncli.show.working import Working
from tests.show.test_explain import ALLOWED
from tests.support.equations import false_equations
from tests.support.oracle import DATA, distance, numbers

ENTRIES = {one["name"]: one for one in json.loads((DATA / "pages.json").read_text(encoding="utf-8"))}
# Pages that between them have every operation.
TELLING = (
    *("softcap", "sinks-heads", "rope-pairs", "alibi-heads", "block", "block-gelu", "block-gelu-tanh"),
    *("block-tanh", "llama", "linear-attention", "cosine", "vectors-heads"),
)
AGREES = 1e-12
NOTHING = 1e-14  # what is 0 by nature: a bias of all keys, which softmax does not see


@cache
def result(name: str) -> attncli.Result:
    return attncli.backward(attncli.Problem(**ENTRIES[name]["config"]))


@pytest.mark.parametrize("name", ENTRIES)
def test_every_row_and_gradient_is_pytorch_s(name: str) -> None:
    entry, ours = ENTRIES[name], dict(result(name).values)
    theirs = {**entry["values"], **{f"d{symbol}": value for symbol, value in entry["gradients"].items()}}
    rows = {row.symbol: row for row in result(name).rows}
    loss = ours.pop("L")
    assert abs(float(loss) - entry["loss"]) <= AGREES * abs(entry["loss"])
    paths = {symbol for symbol, row in rows.items() if row.via}
    assert ours.keys() - theirs.keys() - paths <= {"Y", "U"}
    assert not theirs.keys() - ours.keys()
    for symbol in theirs.keys() & ours.keys():
        right = numbers(theirs[symbol])
        if np.abs(right).max() < NOTHING:
            assert np.abs(ours[symbol]).max() < NOTHING, symbol
        else:
            assert distance(ours[symbol], right) <= AGREES, rows.get(symbol, symbol)


def worked(explanation: Explanation) -> tuple[float, float]:
    """What the arithmetic of a cell gives, and the largest number that goes into it."""
    expression: Any = explanation.expression
    found = eval(spell(expression, ASCII), dict(ALLOWED))  # noqa: S307 - that is the contract
    return found, max([abs(explanation.value), *(abs(cell.number) for cell in cells_of(expression))])


@pytest.mark.parametrize("name", ENTRIES)
def test_every_cell_is_worked_out_as_it_is_written(name: str) -> None:
    for row in result(name).rows:
        for index in np.ndindex(result(name)[row.symbol].shape):
            explanation = Explanation(result(name), row.symbol, index)
            found, size = worked(explanation)
            if found != explanation.value:
                assert abs(found - explanation.value) <= 1e-14 * max(size, size**3), explanation.name


@pytest.mark.parametrize("rounding", [None, Rounding(2)], ids=["full", "rounded"])
@pytest.mark.parametrize("name", TELLING)
def test_equations_are_true_at_the_digits_that_they_show(name: str, rounding: Rounding | None) -> None:
    found = attncli.backward(attncli.Problem(**ENTRIES[name]["config"]), rounding=rounding)
    decimals = rounding.decimals if rounding else 4
    working = Working(decimals)
    for row in found.rows:
        for index in islice(np.ndindex(found[row.symbol].shape), 0, None, 5):
            line = working.line(Explanation(found, row.symbol, index))
            assert not false_equations(line, decimals), line


def test_a_derivative_may_be_worked_out_from_what_the_function_has_come_to() -> None:
    """1 − T² with the T that was written down, rounded, as well as with the tanh of the number before it."""
    found = attncli.backward(
        attncli.Problem(
            X=[[1.589], [0.4]],
            W1=[[1.0]],
            formulas="R = X·W1\nT = tanh(R)",
            output="T",
            loss="upstream",
            upstream=[[1.0], [1.0]],
        ),
        rounding=Rounding(2),
    )
    row = next(row for row in found.rows if row.symbol == "dR")
    ways = list(ways_of(row, (0, 0), found.known, {}, []))
    assert found["T"][0, 0] == 0.92
    assert any(way == pytest.approx(1 - 0.92**2, abs=1e-12) for way in ways)
    assert any(way == pytest.approx(1 - np.tanh(1.59) ** 2, abs=1e-12) for way in ways)
