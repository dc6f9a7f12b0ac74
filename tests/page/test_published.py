"""Worked examples that others have published, reproduced to the digits that they printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import attncli

EXAMPLES = sorted((Path(__file__).parents[1] / "data" / "published").glob("*.yaml"))
IN_FULL = 1e-12


def unit(text: str) -> float:
    """How much the last printed digit counts: 0.01 in "3.14", 1e-6 in "2.54e-04"."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def printed(nested: Any, index: tuple[int, ...] = ()) -> list[tuple[tuple[int, ...], str]]:
    """Every cell that was printed, with its place."""
    if isinstance(nested, list):
        return [cell for i, item in enumerate(nested) for cell in printed(item, (*index, i))]
    return [] if nested is None else [(index, str(nested))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_published_numbers(path: Path) -> None:
    example = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert example["source"]
    problem = attncli.load(example["config"])
    result = attncli.backward(problem) if example["pass"] == "backward" else attncli.forward(problem)
    compared = 0
    for symbol, expected in example["expected"].items():
        ours = result[symbol] * example.get("factor", {}).get(symbol, 1.0)
        for index, text in printed(expected):
            theirs = float(re.sub("−", "-", text))
            half = max(unit(text) / 2 * (1 + 1e-9), example.get("atol", 0.0))
            if symbol in example.get("exact", ()):
                half = IN_FULL
            assert theirs == ours[index] or abs(ours[index] - theirs) <= half, (
                symbol,
                index,
                text,
                ours[index],
            )
            compared += 1
    assert compared >= 3


def test_there_are_enough_of_them() -> None:
    examples = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    with_gradients = [example for example in examples if example["pass"] == "backward"]
    assert len(examples) - len(with_gradients) >= 3
    assert any("dWq" in example["expected"] for example in with_gradients)
    assert all(np.size(example["expected"]) for example in examples)
