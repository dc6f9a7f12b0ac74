"""Numbers in columns: the quick way to write them is the plain way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.show.numbers import LARGEST_FIXED, SIGNS, by_size, by_text, columns

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
