"""How the page is evaluated: what nobody reads any more is let go."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import attncli
from attncli import calculation
from attncli.ops.linear import DIVIDE
from attncli.page.page import Page, Row
from attncli.problem.sources import builtin_names

CELLS = 200_000


def test_what_no_later_row_reads_is_dropped() -> None:
    chain = Page(tuple(Row(f"a{i + 1}", DIVIDE, (f"a{i}", "two")) for i in range(12)))
    given = {"a0": np.ones(CELLS), "two": 2.0}
    tracemalloc.start()
    kept = chain.evaluate(given, keep={"a12"}.__contains__)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert list(kept) == ["a12"]
    assert kept["a12"][0] == 2.0**-12
    assert peak < 3.5 * CELLS * 8, "no more than two rows live at a time"


def test_what_is_kept_is_kept_whole() -> None:
    chain = Page(tuple(Row(f"a{i + 1}", DIVIDE, (f"a{i}", "two")) for i in range(4)))
    kept = chain.evaluate({"a0": np.ones(3), "two": 2.0}, keep={"a2", "a4"}.__contains__)
    assert {symbol: value[0] for symbol, value in kept.items()} == {"a2": 0.25, "a4": 0.0625}


@pytest.mark.parametrize("name", builtin_names())
def test_straight_through_gives_the_same_numbers_as_row_by_row(name: str) -> None:
    problem = attncli.load(name)
    for loss in ("sum", *([problem.loss] if problem.target is not None else [])):
        setting = calculation.backward_setting(problem, loss, None)
        straight = setting.page.evaluate(setting.given)
        by_row = setting.page.evaluate(setting.given, lambda _symbol: True)
        assert list(straight) == list(by_row) == [row.symbol for row in setting.page.rows]
        for symbol, value in by_row.items():
            assert value.tobytes() == straight[symbol].tobytes(), symbol
            assert value.shape == straight[symbol].shape


def test_a_number_too_large_on_the_straight_way_names_its_row() -> None:
    problem = attncli.Problem(X=[[1e200]], Wq=[[1.0]], Wk=[[1.0]], Wv=[[1.0]])
    with pytest.raises(attncli.AttnError, match=r"S = Q·Kᵀ has a number too large"):
        attncli.forward(problem)
