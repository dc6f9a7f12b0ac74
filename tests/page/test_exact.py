"""Accuracy, against the same problems worked to 50 digits."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from mpmath import mpf

import attncli
from tests.reference.exact import exact
from tests.support.oracle import ZERO_BY_NATURE, entries, numbers


def errors(values: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> dict[str, float]:
    """How far each row is from the truth, relative to the truth's largest number."""
    found = {}
    for symbol, right in truth.items():
        scale = max((abs(x) for x in right.ravel()), default=mpf(0))
        if symbol == ZERO_BY_NATURE or symbol not in values or not scale:
            continue
        pairs = zip(values[symbol].ravel(), right.ravel(), strict=True)
        found[symbol] = float(max(abs(mpf(float(ours)) - theirs) for ours, theirs in pairs) / scale)
    return found


@cache
def both() -> tuple[np.ndarray, np.ndarray]:
    """The errors of this package and of PyTorch, row by row over all problems."""
    ours, theirs = [], []
    for entry in entries().values():
        truth = {
            symbol: np.array(value, dtype=object)
            for symbol, value in exact(entry).items()
            if symbol not in {"M", "B"}  # −∞ is exact
        }
        vectors = entry["values"] | entry["gradients"]
        torch = errors({symbol: numbers(value) for symbol, value in vectors.items()}, truth)
        result = attncli.backward(attncli.Problem(**entry["config"]))
        mine = errors(dict(result.values), truth)
        shared = sorted(torch.keys() & mine.keys())
        assert {"O", "dO"} <= set(shared)
        ours += [mine[symbol] for symbol in shared]
        theirs += [torch[symbol] for symbol in shared]
    return np.array(ours), np.array(theirs)


@pytest.mark.parametrize("summary", [np.mean, np.median, np.max, lambda errors: np.percentile(errors, 99)])
def test_no_worse_than_pytorch(summary) -> None:
    ours, theirs = both()
    assert summary(ours) <= summary(theirs)


def test_every_row_is_right_to_fourteen_digits() -> None:
    ours, _ = both()
    assert len(ours) > 2000
    assert ours.max() < 1e-14
