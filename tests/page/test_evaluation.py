"""How the page is evaluated: what nobody reads any more is let go."""

from __future__ import annotations

import tracemalloc

import numpy as np

from attncli.ops.linear import DIVIDE
from attncli.page.page import Page, Row

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
