"""What holds for every attention, on problems drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import attncli
from attncli.ops.mask import Mask
from attncli.ops.softmax import MASK_OUT, SOFTMAX

settings.register_profile("steady", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("steady")


@dataclass(frozen=True)
class Sizes:
    n: int
    m: int
    heads: int
    d_model: int
    d_k: int
    d_v: int
    cross: bool
    seed: int


sizes = st.builds(
    Sizes,
    n=st.integers(1, 6),
    m=st.integers(1, 6),
    heads=st.sampled_from([1, 2, 3]),
    d_model=st.integers(1, 5),
    d_k=st.integers(1, 4),
    d_v=st.integers(1, 4),
    cross=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)


def config(s: Sizes, **more: Any) -> dict[str, Any]:
    """A problem of these sizes, with numbers from a fixed seed."""
    draw = np.random.default_rng(s.seed).standard_normal
    keys = {"E": draw((s.m, s.d_model))} if s.cross else {}
    return {
        "X": draw((s.n, s.d_model)),
        **keys,
        "Wq": draw((s.d_model, s.heads * s.d_k)),
        "Wk": draw((s.d_model, s.heads * s.d_k)),
        "Wv": draw((s.d_model, s.heads * s.d_v)),
        "heads": s.heads,
        **more,
    }


masks = st.sampled_from([False, True, "causal-bottom-right"])


@given(sizes, masks)
def test_rows_of_weights_sum_to_one_or_are_all_zero(s: Sizes, mask: Any) -> None:
    weights = attncli.forward(attncli.Problem(**config(s, mask=mask)))["A"]
    totals = weights.sum(axis=-1)
    seen = np.isclose(totals, 1, rtol=0, atol=1e-14) | (weights == 0).all(axis=-1)
    assert seen.all()
    assert (weights >= 0).all()


@given(sizes, st.floats(-1e3, 1e3))
def test_a_constant_added_to_a_row_of_scores_changes_nothing(s: Sizes, constant: float) -> None:
    scores = np.random.default_rng(s.seed).standard_normal((s.n, s.m))
    assert np.allclose(SOFTMAX.value(scores + constant), SOFTMAX.value(scores), rtol=1e-11, atol=0)


@given(sizes)
def test_a_causal_row_ignores_the_future(s: Sizes) -> None:
    assume(s.n > 1 and not s.cross)
    before = config(s, mask=True, loss="sum")
    after = {**before, "X": before["X"].copy()}
    after["X"][-1] += 1.0
    a, b = (attncli.forward(attncli.Problem(**c))["O"] for c in (before, after))
    assert np.array_equal(a[:-1], b[:-1])
    result = attncli.backward(attncli.Problem(**before))
    assert (np.triu(result["dZ"], 1) == 0).all()


@given(sizes)
def test_heads_are_attentions_of_their_own(s: Sizes) -> None:
    whole = config(s, loss="sum")
    result = attncli.backward(attncli.Problem(**whole))
    for head in range(s.heads):
        own = slice(head * s.d_k, (head + 1) * s.d_k)
        values = slice(head * s.d_v, (head + 1) * s.d_v)
        alone = {
            **whole,
            "heads": 1,
            "Wq": whole["Wq"][:, own],
            "Wk": whole["Wk"][:, own],
            "Wv": whole["Wv"][:, values],
        }
        part = attncli.backward(attncli.Problem(**alone))
        assert np.allclose(result["O"][:, values], part["O"], rtol=1e-12, atol=1e-13)
        assert np.allclose(result["dWq"][:, own], part["dWq"], rtol=1e-9, atol=1e-11)


@given(sizes)
def test_the_order_of_the_keys_does_not_matter(s: Sizes) -> None:
    assume(s.cross)
    before = config(s)
    order = np.random.default_rng(s.seed).permutation(s.m)
    after = {**before, "E": before["E"][order]}
    a, b = (attncli.forward(attncli.Problem(**c)) for c in (before, after))
    assert np.allclose(a["O"], b["O"], rtol=1e-12, atol=1e-13)
    assert np.allclose(a["A"][..., order], b["A"], rtol=1e-12, atol=1e-14)


@given(sizes, masks, st.sampled_from(["bce", "mse", "sum"]), st.sampled_from(["sum", "mean"]))
def test_gradients_are_slopes_in_a_random_direction(s: Sizes, mask: Any, loss: str, reduction: str) -> None:
    random = np.random.default_rng(s.seed + 1)
    here = config(s, mask=mask, loss=loss, reduction=reduction, target=random.random((s.n, s.heads * s.d_v)))
    result = attncli.backward(attncli.Problem(**here))
    for symbol in ("X", "E", "Wq", "Wk", "Wv"):
        if symbol not in here:
            continue
        direction = random.standard_normal(here[symbol].shape)
        step = 1e-6
        up, down = (
            attncli.backward(
                attncli.Problem(**{**here, symbol: here[symbol] + sign * step * direction})
            ).loss.value
            for sign in (1, -1)
        )
        slope = (result[f"d{symbol}"] * direction).sum()
        assert (up - down) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-6)


@given(sizes, masks)
def test_only_some_rows_are_the_same_numbers(s: Sizes, mask: Any) -> None:
    problem = attncli.Problem(**config(s, mask=mask, loss="sum"))
    every, some = attncli.backward(problem), attncli.backward(problem, only=("dWq", "dX"))
    assert set(some.values) == {"dWq", "dX"}
    assert all(np.array_equal(every[symbol], some[symbol]) for symbol in some.values)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(-6, 6))
def test_a_mask_is_what_numpy_calls_a_triangle(n: int, m: int, offset: int) -> None:
    scores = np.arange(1.0, n * m + 1).reshape(n, m)
    masked = MASK_OUT.value(scores, Mask(causal=offset))
    expected = np.where(np.arange(m) - np.arange(n)[:, None] <= offset, scores, -np.inf)
    assert np.array_equal(masked, expected)
