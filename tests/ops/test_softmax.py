"""Sinks, and matrices that are added to the scores and learned: against loops, cells and slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attncli.ops.mask import Mask
from attncli.ops.softmax import (
    KEEP_ALLOWED,
    MASK_OUT,
    MASK_PLUS,
    MASK_PLUS_SHARED,
    SINK_GRADIENT,
    SOFTMAX,
    SOFTMAX_SINK,
)
from attncli.page.page import strict
from tests.support.operations import every_cell, gradient, slopes

RANDOM = np.random.default_rng(7)
HIDE = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)  # the second row sees nothing


def problem(heads: int, *, masked: bool) -> tuple[np.ndarray, np.ndarray]:
    scores = RANDOM.normal(size=(heads, 3, 4) if heads > 1 else (3, 4)) * 2
    return (np.where(HIDE, scores, -np.inf) if masked else scores), RANDOM.normal(size=heads)


def by_loops(scores: np.ndarray, sink: float) -> np.ndarray:
    weights = np.zeros_like(scores)
    for i, row in enumerate(scores):
        powers = [0.0 if np.isneginf(score) else math.exp(score) for score in row]
        weights[i] = [power / (sum(powers) + math.exp(sink)) for power in powers]
    return weights


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_a_sink_takes_its_share_of_every_row(heads: int, *, masked: bool) -> None:
    scores, sinks = problem(heads, masked=masked)
    with strict():
        weights = SOFTMAX_SINK.value(scores, sinks)
    for h in range(heads):
        head = h if heads > 1 else ...
        assert np.allclose(weights[head], by_loops(scores[head], sinks[h]), rtol=1e-14)
    assert np.allclose(every_cell(SOFTMAX_SINK, scores, sinks), weights, rtol=1e-14)
    assert np.allclose(every_cell(SOFTMAX_SINK, scores, sinks, on_paper=True), weights, rtol=1e-14)
    arriving = RANDOM.normal(size=scores.shape)
    for i in (0, 1):
        with strict():
            back, cells = gradient(SOFTMAX_SINK, arriving, i, scores, sinks)
        assert back.shape == (scores, sinks)[i].shape
        assert np.allclose(cells, back, rtol=1e-13)
        assert np.allclose(back, slopes(SOFTMAX_SINK, arriving, i, scores, sinks), atol=1e-9)


def test_a_sink_is_one_more_key_without_a_value() -> None:
    scores, sinks = problem(2, masked=True)
    wide = np.concatenate([scores, np.broadcast_to(sinks[:, None, None], (2, 3, 1))], axis=-1)
    assert np.allclose(SOFTMAX_SINK.value(scores, sinks), SOFTMAX.value(wide)[..., :-1], rtol=1e-15)


@pytest.mark.parametrize(
    ("row", "sink", "expected"),
    [
        ([3e4, 0.0], 0.0, [1, 0]),
        ([-3e4, -3e4], 0.0, [0, 0]),
        ([0.0, 0.0], 3e4, [0, 0]),
        ([3e4, 3e4], 3e4, [1 / 3, 1 / 3]),
        ([-3e4, -np.inf], -3e4, [1 / 2, 0]),
        ([-np.inf, -np.inf], -3e4, [0, 0]),
    ],
)
def test_very_large_numbers(row: list[float], sink: float, expected: list[float]) -> None:
    scores, sinks = np.array([row]), np.array([sink])
    with strict():
        weights = SOFTMAX_SINK.value(scores, sinks)
        slope = SINK_GRADIENT.value(weights, np.ones_like(weights), scores, sinks)
    assert weights.tolist() == [expected]
    assert np.allclose(every_cell(SOFTMAX_SINK, scores, sinks), weights, rtol=1e-15)
    assert slope == pytest.approx([-(1 - sum(expected)) * sum(expected)])


def test_a_small_share_of_a_sink_keeps_its_digits() -> None:
    scores, sinks, ones = np.array([[0.0, 1.0]]), np.array([-50.0]), np.array([[1.0, 2.0]])
    weights = SOFTMAX_SINK.value(scores, sinks)
    share = math.exp(-50) / (1 + math.e + math.exp(-50))
    (found,) = SINK_GRADIENT.value(weights, ones, scores, sinks)
    assert found == pytest.approx(-share * (weights * ones).sum(), rel=1e-14)


def test_how_a_sink_is_written() -> None:
    assert SOFTMAX_SINK.text("M", "s") == "softmax(M, s)"
    dm, ds = SOFTMAX_SINK.gradients("A", "dA", "M", "s")
    assert dm.op.text(*dm.args) == "A∘(dA − rowsum(A∘dA))"
    assert ds.op.text(*ds.args) == "−Σ a_s·rowsum(A∘dA), a_s = e^s/(rowsum(e^M) + e^s)"


@pytest.mark.parametrize("mask", [Mask(causal=0), Mask(matrix=HIDE), Mask(window=(-1, 0))])
@pytest.mark.parametrize(("heads", "op"), [(1, MASK_PLUS), (2, MASK_PLUS), (2, MASK_PLUS_SHARED)])
def test_a_matrix_that_is_added_and_learned(heads: int, op: MASK_PLUS, mask: Mask) -> None:
    scores = RANDOM.normal(size=(heads, 3, 4) if heads > 1 else (3, 4))
    added = RANDOM.normal(size=(3, 4) if op is MASK_PLUS_SHARED else scores.shape)
    value = op.value(scores, mask, added)
    assert (value == MASK_OUT.value(scores, mask, added)).all()
    assert (every_cell(op, scores, mask, added) == value).all()
    out = np.empty_like(scores)
    op.write(out, scores, mask, added)
    assert (out == value).all()
    arriving = RANDOM.normal(size=scores.shape)
    for i, of in ((0, scores), (2, added)):
        back, cells = gradient(op, arriving, i, scores, mask, added)
        assert back.shape == of.shape
        assert np.allclose(cells, back, rtol=1e-15)
        assert np.allclose(back, slopes(op, arriving, i, scores, mask, added), atol=1e-9)
    expected = KEEP_ALLOWED.value(arriving, mask)
    assert np.allclose(back, expected.sum(axis=0) if op is MASK_PLUS_SHARED else expected)


def test_how_they_are_written() -> None:
    assert MASK_OUT.text("Z", "mask", "B") == MASK_PLUS.text("Z", "mask", "B") == "mask(Z + B)"
    assert [path.of for path in MASK_OUT.gradients("M", "dM", "Z", "mask", "B")] == ["Z"]
    dz, dr = MASK_PLUS_SHARED.gradients("M", "dM", "Z", "mask", "R")
    assert dz.op.text(*dz.args) == "dM, 0 where masked"
    assert dr.op.text(*dr.args) == "sum over the heads of dM, 0 where masked"
