"""Numbers on the screen: alignment, no −0, the exponent rule, ties; columns written the quick way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.show.numbers import (
    FULL,
    LARGEST_FIXED,
    SIGNS,
    aligned,
    alone,
    by_size,
    by_text,
    columns,
    needs_exponent,
    texts,
    written,
)


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (3.0, 4, "3"),
        (-3.0, 0, "-3"),
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (123456789012345.0, 2, "123456789012345"),
        (0.5774, 2, "0.58"),
        (-0.00001, 4, "0.0000"),
        (-0.3, 0, "0"),
        (-0.00005, 4, "-0.0001"),
        (0.5, 0, "1"),
        (-0.5, 0, "-1"),
        (0.125, 2, "0.13"),
        (-2.675, 2, "-2.68"),
        (0.3 - 0.1, 1, "0.2"),
        (0.12499999999999989, 2, "0.13"),
        (0.1249999999, 2, "0.12"),
        (2 / 3, 15, "0.666666666666667"),
        (1e300, 2, "1.00e+300"),
        (1234567890.5, 3, "1.235e+09"),
        (0.1, FULL, "0.1"),
        (1 / 3, FULL, "0.3333333333333333"),
        (1e-9, FULL, "1e-09"),
        (float("inf"), 2, "∞"),
        (float("-inf"), FULL, "-∞"),
        (float("nan"), 2, "~"),
    ],
)
def test_a_number_is_written_as_a_person_would(number: float, decimals: int, text: str):
    assert written(number, decimals) == text


def test_only_a_number_that_would_be_all_zeros_alone_gets_an_exponent():
    assert alone(0.00001, 4) == "1.0000e-05"
    assert alone(0.00005, 4) == "0.0001"
    assert alone(0.0, 4) == "0"


@pytest.mark.parametrize(
    ("values", "decimals", "wanted"),
    [
        ([1e-9, -2e-7], 4, True),
        ([1e-9, 1.0], 4, False),
        ([0.0, 0.0], 4, False),
        ([np.nan, -np.inf], 4, False),
        ([0.5], 0, False),
        ([0.4], 0, True),
        ([1e-9], FULL, False),
        ([], 2, False),
    ],
)
def test_a_matrix_gets_exponents_where_fixed_decimals_would_show_only_zeros(
    values: list[float], decimals: int, *, wanted: bool
):
    assert needs_exponent(np.array(values), decimals) is wanted


def test_whole_numbers_stay_whole_beside_exponents():
    (line,) = texts(np.array([[0.0, 2e-9, -1e-12]]), 2, scientific=True)
    assert line.split("\t") == ["0", "2.00e-09", "-1.00e-12"]


def test_one_decimal_point_stands_under_the_other():
    assert aligned(["3", "-12.50", "0.1234", "-∞", "⋮", ""]) == [
        "  3     ",
        "-12.50  ",
        "  0.1234",
        "      -∞",
        "       ⋮",
        "        ",
    ]
    assert aligned(["1.0e+300", "-2"]) == [" 1.0e+300", "-2       "]


def test_nothing_is_aligned_to_nothing():
    assert aligned([]) == []
    assert aligned(["", ""]) == ["", ""]


NUMBERS = st.one_of(
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
    matrix = np.array(data.draw(st.lists(st.lists(NUMBERS, min_size=m, max_size=m), min_size=n, max_size=n)))
    quick = by_size(matrix, decimals, np.isfinite(matrix), sign, [least] * m)
    assert quick == by_text(matrix, decimals, scientific=False, sign=sign, least=[least] * m)


@pytest.mark.parametrize(("decimals", "value"), [(-1, 0.1), (4, 1e9), (2, 1e300)])
def test_what_has_no_fixed_decimals_is_written_the_plain_way(decimals: int, value: float):
    matrix = np.array([[value, 1.5], [-2.25, np.inf]])
    found = columns(matrix, decimals, scientific=False, sign=sign, least=[0, 0])
    assert found == by_text(matrix, decimals, scientific=False, sign=sign, least=[0, 0])
