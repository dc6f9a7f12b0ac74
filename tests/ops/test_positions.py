"""Rotary and sinusoidal positions and ALiBi: numbers, cells, gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attncli.ops.positions import ALIBI, POSITIONS, ROPE, ROPE_PAIRS
from attncli.page.page import strict
from tests.support.by_page import check_cells, check_gradients, evaluated, row_of, shown

SHAPES = [(3, 4), (4, 2), (2, 3, 6), (3, 2, 4)]


def matrix(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def turned(a: np.ndarray, base: float, *, pairs: bool) -> np.ndarray:
    """A rotation at a time, by complex numbers."""
    *_, n, d = a.shape
    out = a.copy()
    for i in range(d // 2):
        first, second = (2 * i, 2 * i + 1) if pairs else (i, i + d // 2)
        for place in range(n):
            turn = np.exp(1j * place * base ** (-2 * i / d))
            both = (a[..., place, first] + 1j * a[..., place, second]) * turn
            out[..., place, first], out[..., place, second] = both.real, both.imag
    return out


@pytest.mark.parametrize("base", [10000.0, 10.0, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("op", [ROPE, ROPE_PAIRS])
def test_rope_turns_each_pair(op, shape: tuple[int, ...], base: float) -> None:
    given = {"Q": matrix(shape), "base": base}
    with strict():
        found = row_of(op, "Q", "base").compute(given)
    assert np.allclose(found, turned(given["Q"], base, pairs=op is ROPE_PAIRS), rtol=1e-13, atol=1e-14)
    assert np.array_equal(found[..., 0, :], given["Q"][..., 0, :])  # places count from 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("op", [ROPE, ROPE_PAIRS])
def test_rope_goes_back_by_the_rotation_back(op, shape: tuple[int, ...]) -> None:
    row, given = row_of(op, "Q", "base"), {"Q": matrix(shape), "base": 10.0}
    assert check_gradients(row, given) == {"dQ"}
    found = evaluated(row, given)
    again = row.compute({"Q": found["dQ"], "base": 10.0})
    assert np.allclose(again, found["U"], atol=1e-14)


def test_rope_formulas_and_widths() -> None:
    for op, text, back in (
        (ROPE, "rope(Q)", "rope⁻¹(dT)"),
        (ROPE_PAIRS, "rope(Q, pairs)", "rope⁻¹(dT, pairs)"),
    ):
        rows = evaluated(row_of(op, "Q", "base"), {"Q": matrix((3, 4)), "base": 10.0})["rows"]
        assert [row.formula for row in rows if row.symbol in {"T", "dQ"}] == [f"T = {text}", f"dQ = {back}"]
        assert op.arguments(text.replace("Q", "{}")) == "0 base"
        assert op.fits((3, 4), 10000.0)
        assert op.fits((2, 3, 4), 10000.0)
        assert not op.fits((3, 5), 10000.0)


@pytest.mark.parametrize("op", [ROPE, ROPE_PAIRS])
def test_scores_of_turned_rows_know_only_how_far_apart_they_are(op) -> None:
    q = np.tile(matrix((1, 4)), (6, 1))
    turned_q = op.value(q, 100.0)
    scores = turned_q @ turned_q.T
    assert np.allclose(np.diag(scores, 2), scores[0, 2], atol=1e-13)
    assert abs(scores[0, 2] - scores[0, 1]) > 1e-3


@pytest.mark.parametrize("shape", [(3, 4), (4, 5), (2, 1), (2, 3, 4)])
def test_positions_are_sines_and_cosines(shape: tuple[int, ...]) -> None:
    x = matrix(shape)
    row = row_of(POSITIONS, "X")
    found = row.compute({"X": x})
    d = shape[-1]
    for index in np.ndindex(shape):
        *_, place, j = index
        wave = math.sin if j % 2 == 0 else math.cos
        assert math.isclose(found[index], wave(place / 10000 ** ((j - j % 2) / d)), abs_tol=1e-15)
    check_cells(row, {"X": x, "T": found})
    assert POSITIONS.fixed
    assert not ROPE.fixed
    assert list(POSITIONS.gradients("T", "dT", "X")) == []


@pytest.mark.parametrize(
    ("heads", "slopes"),
    [
        (8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]),
        (2, [1 / 16, 1 / 256]),
        (3, [2 ** (-8 / 3), 2 ** (-16 / 3), 2**-8]),
        (1, [1 / 256]),
        (0, [1 / 256]),
    ],
)
def test_alibi_adds_less_to_what_is_further_back(heads: int, slopes: list[float]) -> None:
    shape = (heads, 3, 5) if heads else (3, 5)
    z = matrix(shape)
    found = row_of(ALIBI, "Z").compute({"Z": z})
    added = (found - z).reshape(-1, 3, 5)
    for head, slope in enumerate(slopes):
        for query, key in np.ndindex(3, 5):
            assert math.isclose(added[head, query, key], slope * (key - query), abs_tol=1e-15)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (3, 2, 4)])
def test_the_gradient_of_alibi_is_what_arrives(shape: tuple[int, ...]) -> None:
    row, given = row_of(ALIBI, "Z"), {"Z": matrix(shape)}
    assert "dZ" in check_gradients(row, given)
    found = evaluated(row, given)
    assert np.array_equal(found["dZ"], found["U"])


@pytest.mark.parametrize(
    ("op", "args"), [(ROPE, ("A", "base")), (ROPE_PAIRS, ("A", "base")), (POSITIONS, ("A",)), (ALIBI, ("A",))]
)
def test_float32_stays_float32(op, args: tuple[str, ...]) -> None:
    given = {"A": matrix((2, 3, 4)).astype("float32"), "base": 10000.0}
    with strict():
        rough = row_of(op, *args).compute(given)
    fine = row_of(op, *args).compute({**given, "A": given["A"].astype("float64")})
    assert rough.dtype == np.float32
    assert np.allclose(rough, fine, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("op", [ROPE, ROPE_PAIRS])
def test_what_a_rotation_takes_to_0_is_shown_as_0(op) -> None:
    angles = np.arange(1, 30)[:, None] * 1.0
    a = np.concatenate([np.zeros((1, 2)), 0.3 * np.hstack([np.sin(angles), np.cos(angles)])])
    row, given = row_of(op, "Q", "base"), {"Q": a, "base": 10.0}
    assert row.compute(given)[:, 0].any()
    clean = shown(row, given)["T"]
    assert not clean[:, 0].any()
    assert np.allclose(clean[1:, 1], 0.3)


def test_what_alibi_takes_to_0_is_shown_as_0() -> None:
    z = -ALIBI.added(np.zeros((3, 4, 4)))
    row, given = row_of(ALIBI, "Z"), {"Z": z * (1 + 2**-52)}
    assert row.compute(given).any()
    assert not shown(row, given)["T"].any()
