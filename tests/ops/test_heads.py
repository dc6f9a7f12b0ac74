"""Cutting, joining and sharing heads, against loops that say which number goes where."""

from __future__ import annotations

import numpy as np
import pytest

from attncli.ops.heads import CONCAT, REPEAT, SPLIT, SUM_SHARED
from attncli.ops.op import lengths
from tests.support.operations import every_cell, gradient, slopes

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("heads", [1, 2, 3, 6])
def test_split_and_concat_for_any_number_of_heads(heads: int) -> None:
    whole = RANDOM.normal(size=(4, 6))
    cut = SPLIT.value(whole, float(heads))
    assert cut.shape == (heads, 4, 6 // heads)
    for h in range(heads):
        assert (cut[h] == whole[:, h * 6 // heads : (h + 1) * 6 // heads]).all()
    assert (every_cell(SPLIT, whole, float(heads)) == cut).all()
    assert (CONCAT.value(cut, heads) == whole).all()
    assert (CONCAT.value(cut, 4) == whole).all()  # what the problem's h is does not matter
    assert (every_cell(CONCAT, cut, heads) == whole).all()
    for op, value in ((SPLIT, whole), (CONCAT, cut)):
        arriving = RANDOM.normal(size=op.value(value, heads).shape)
        back, cells = gradient(op, arriving, 0, value, heads)
        assert (back == cells).all()
        assert np.allclose(back, slopes(op, arriving, 0, value, heads), atol=1e-9)


def test_how_they_are_written() -> None:
    assert SPLIT.text("K", "h") == "split(K)"
    assert SPLIT.text("K", "2") == "split(K, 2)"
    assert CONCAT.text("H", "h") == CONCAT.text("H", "2") == "concat(H)"
    (back,) = CONCAT.gradients("C", "dC", "H", "2")
    assert back.op.text(*back.args) == "split(dC, 2)"
    assert REPEAT.text("Kh", "2") == "repeat(Kh, 2)"
    (back,) = REPEAT.gradients("Kr", "dKr", "Kh", "2")
    assert back.op.text(*back.args) == "sum of each 2 heads of dKr"


@pytest.mark.parametrize(("shared", "times"), [(1, 4), (2, 2), (3, 1), (2, 3)])
def test_repeat_gives_each_head_several_times_in_a_row(shared: int, times: int) -> None:
    heads = RANDOM.normal(size=(shared, 3, 2))
    repeated = REPEAT.value(heads, float(times))
    assert repeated.shape == (shared * times, 3, 2)
    for h in range(shared * times):
        assert (repeated[h] == heads[h // times]).all()
    assert (every_cell(REPEAT, heads, float(times)) == repeated).all()
    arriving = RANDOM.normal(size=repeated.shape)
    back, cells = gradient(REPEAT, arriving, 0, heads, float(times))
    for g in range(shared):
        assert np.allclose(back[g], sum(arriving[g * times + r] for r in range(times)), rtol=1e-15)
    assert np.allclose(cells, back, rtol=1e-15)
    assert np.allclose(back, slopes(REPEAT, arriving, 0, heads, float(times)), atol=1e-9)


def test_rounding_of_a_sum_over_heads_that_cancels() -> None:
    arriving = np.array([[[1e8]], [[-1e8]]])
    assert SUM_SHARED.error(np.zeros((1, 1, 1)), (arriving, 2.0), lambda _i: None) == 2e8


def test_shapes_in_letters() -> None:
    sizes = {"n": 5, "m": 7, "h": 4, "d_k": 3, "w": 12}
    for op, shape, number, expected in (
        (SPLIT, ("n", "h·d_k"), "h", ("h", "n", "d_k")),
        (SPLIT, ("n", "h·d_k"), "2", ("2", "n", "h·d_k/2")),
        (SPLIT, ("n", "2·d_k"), "2", ("2", "n", "d_k")),
        (SPLIT, ("n", "w"), "1", ("1", "n", "w")),
        (CONCAT, ("h", "n", "d_k"), "h", ("n", "h·d_k")),
        (CONCAT, ("2", "n", "h·d_k/2"), "2", ("n", "h·d_k")),
        (CONCAT, ("1", "n", "w"), "1", ("n", "w")),
        (REPEAT, ("2", "m", "d_k"), "2", ("4", "m", "d_k")),
        (REPEAT, ("1", "m", "d_k"), "h", ("h", "m", "d_k")),
        (SUM_SHARED, ("h", "m", "d_k"), "2", ("h/2", "m", "d_k")),
        (SUM_SHARED, ("h", "m", "d_k"), "h", ("1", "m", "d_k")),
        (SUM_SHARED, ("4", "m", "d_k"), "2", ("2", "m", "d_k")),
    ):
        found = op.shape(shape, (number,))
        assert found == expected, (op, shape, number)
        count = sizes.get(number) or int(number)
        value = np.zeros(lengths(shape, sizes))
        assert op.value(value, count).shape == lengths(found, sizes)


def test_what_does_not_fit() -> None:
    assert SPLIT.fits((4, 6), 3.0)
    assert not SPLIT.fits((4, 6), 4.0)
    assert not SPLIT.fits((4, 6), 1.5)
    assert not SPLIT.fits((4, 6), 0.0)
    assert not SPLIT.fits((4, 6), -2.0)
    assert REPEAT.fits((2, 4, 6), 3.0)
    assert not any(REPEAT.fits((2, 4, 6), times) for times in (0.0, -1.0, 1.5, 2049.0, 1e30, np.inf))
