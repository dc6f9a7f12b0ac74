"""The reference vectors, and how numbers are held against them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import attncli

DATA = Path(__file__).parents[1] / "data"
TOLERANCE = 1e-12
ZERO_BY_NATURE = "dbk"  # a constant added to a row of scores changes nothing, so bk moves nothing


@cache
def entries() -> dict[str, dict[str, Any]]:
    """The problems that PyTorch's autograd has worked out, by name."""
    return {
        entry["name"]: entry for entry in json.loads((DATA / "autograd.json").read_text(encoding="utf-8"))
    }


def numbers(nested: Any) -> np.ndarray:
    """JSON's nested lists as an array; "-inf" and null are the numbers that JSON lacks."""

    def read(item: Any) -> Any:
        if isinstance(item, list):
            return [read(inner) for inner in item]
        return np.nan if item is None else float(item)

    return np.array(read(nested))


def distance(ours: np.ndarray, theirs: np.ndarray, scale: float | None = None) -> float:
    """The largest difference, relative to the largest number; infinite where the shapes differ."""
    if ours.shape != theirs.shape or not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
        return np.inf
    finite = np.isfinite(theirs)
    if not finite.any():
        return 0.0
    return float(np.abs(ours[finite] - theirs[finite]).max() / (scale or np.abs(theirs[finite]).max()))


def disagreements(entry: dict[str, Any]) -> dict[str, float]:
    """Work an entry's config out, and return every row that is not PyTorch's, with how far it is off."""
    result = attncli.backward(attncli.Problem(**entry["config"]))
    theirs = {symbol: numbers(value) for symbol, value in (entry["values"] | entry["gradients"]).items()}
    ours = {symbol: value for symbol, value in result.values.items() if symbol not in {"Y", "U", "B", "L"}}
    found = dict.fromkeys(theirs.keys() ^ ours.keys(), np.inf)
    for symbol in theirs.keys() & ours.keys():
        scale = np.abs(theirs["dK"]).sum() if symbol == ZERO_BY_NATURE else None
        off = distance(ours[symbol], theirs[symbol], scale)
        if not off <= TOLERANCE:
            found[symbol] = off
    off = abs(result.loss.value - entry["loss"]) / abs(entry["loss"]) if result.loss else np.inf
    if not off <= TOLERANCE:
        found["L"] = off
    return found
