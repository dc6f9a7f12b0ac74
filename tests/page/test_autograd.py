"""Every value and every gradient against PyTorch's autograd, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.oracle import ZERO_BY_NATURE, disagreements, entries, numbers


@pytest.mark.parametrize("name", entries())
def test_every_row_agrees_with_autograd(name: str) -> None:
    assert disagreements(entries()[name]) == {}


def test_the_vectors_can_tell_right_from_wrong() -> None:
    assert len(entries()) >= 30
    for entry in entries().values():
        output = numbers(entry["values"]["O"])
        assert len(output) >= 3, "with one token every weight is 1 and nothing can be wrong"
        for symbol, gradient in entry["gradients"].items():
            if symbol != ZERO_BY_NATURE:
                assert np.nanmax(np.abs(numbers(gradient))) > 1e-4, (entry["name"], symbol)


def test_the_vectors_cover_what_a_config_can_say() -> None:
    configs = [entry["config"] for entry in entries().values()]
    losses = {(config.get("loss", "bce"), config.get("reduction", "sum")) for config in configs}
    assert losses == {(a, b) for a in ("bce", "ce", "mse", "sum", "upstream") for b in ("sum", "mean")}
    assert {config.get("heads", 1) for config in configs} >= {1, 2, 3, 4, 8}
    assert {str(config.get("scale", True)) for config in configs} > {"True", "False"}
    masks = [config["mask"] for config in configs if "mask" in config]
    assert {mask for mask in masks if isinstance(mask, str)} >= {"causal", "causal-bottom-right"}
    assert {key for mask in masks if isinstance(mask, dict) for key in mask} == {"padding", "add"}
    assert any(isinstance(mask, list) for mask in masks)
    keys = {key for config in configs for key in config}
    assert keys >= {"bq", "bk", "bv", "bo", "Wo", "context", "given", "weights", "upstream"}
