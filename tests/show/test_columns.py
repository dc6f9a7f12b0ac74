"""Numbers in columns: the quick way to write them is the plain way; and text broken between words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from attncli.show.numbers import LARGEST_FIXED, SIGNS, by_size, by_text, columns
from attncli.show.page import HEAT
from attncli.show.terminal import NARROW, Text, codes

numbers = st.one_of(
    st.integers(-(10**4), 10**4).map(float),
    st.floats(-LARGEST_FIXED, LARGEST_FIXED, exclude_min=True, exclude_max=True),
    st.floats(-1e-3, 1e-3),
    st.sampled_from([0.0, -0.0, 0.5, -0.5, 0.125, -0.00005, 9.99995, -9.99996, np.inf, -np.inf, np.nan]),
)


def sign(text: str) -> str:
    return SIGNS.get(text, text)


@settings(deadline=None, max_examples=400)
@given(
    data=st.data(),
    n=st.integers(1, 5),
    m=st.integers(1, 5),
    decimals=st.integers(0, 15),
    least=st.integers(0, 12),
)
def test_the_quick_way_is_the_plain_way(data: st.DataObject, n: int, m: int, decimals: int, least: int):
    matrix = np.array(data.draw(st.lists(st.lists(numbers, min_size=m, max_size=m), min_size=n, max_size=n)))
    quick = by_size(matrix, decimals, np.isfinite(matrix), sign, [least] * m)
    assert quick == by_text(matrix, decimals, scientific=False, sign=sign, least=[least] * m)


@pytest.mark.parametrize(("decimals", "value"), [(-1, 0.1), (4, 1e9), (2, 1e300)])
def test_what_has_no_fixed_decimals_is_written_the_plain_way(decimals: int, value: float):
    matrix = np.array([[value, 1.5], [-2.25, np.inf]])
    found = columns(matrix, decimals, scientific=False, sign=sign, least=[0, 0])
    assert found == by_text(matrix, decimals, scientific=False, sign=sign, least=[0, 0])


def test_narrow_signs_are_narrow():
    narrow = [chr(code) for code in range(0x20, 0x11000) if NARROW.fullmatch(chr(code))]
    assert {*"aéßλΣấ·ᵀ√∂∞"} <= {*narrow}
    assert [char for char in narrow if cell_len(char) != 1] == []


@pytest.mark.parametrize("style", ["bold magenta", "dim", "bold red", *(style for _least, style in HEAT)])
def test_styles_are_the_terminals_own(style: str):
    assert f"\x1b[{codes(style)}mx\x1b[0m" == Style.parse(style).render("x")


def test_text_is_broken_between_words_and_keeps_its_styles():
    text = Text("L", "bold").append(" = one two three").append("\n").append("four", "dim")
    lines = [line.painted(color=True) for line in text.lines(9)]
    assert lines == ["\x1b[1mL\x1b[0m = one ", "two three", "\x1b[2mfour\x1b[0m"]
    assert [line.plain for line in Text("").lines(9)] == [""]
