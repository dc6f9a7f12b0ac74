"""Every mistake on every form of page: numbers or a ValueError, and nothing else happens."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.mistakes.catalogue import Mistake, catalogue
from attncli.page.lazy import IMPOSSIBLE, LazyPage

APART = {"n": 4, "m": 5, "d_model": 7, "d_context": 8, "d_k": 3, "d_v": 2, "d_out": 9}
ONE = ("m", "d_model", "d_context", "d_k", "d_v", "d_out")
FORMS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "heads": ("heads",),
    "mask": ("mask",),
    "context": ("context",),
    "biases": ("bq", "bk", "bv"),
    "output": ("Wo", "bo"),
    "unscaled": ("heads", "mask", "unscaled"),
    "everything": ("heads", "mask", "context", "bq", "bk", "bv", "Wo", "bo"),
}


def config(form: str, sizes: dict[str, int], loss: str = "upstream") -> dict[str, Any]:
    """Draw a problem of a form."""
    has, draw, heads = FORMS[form], np.random.default_rng(11), 2 if "heads" in FORMS[form] else 1
    n, m, width = sizes["n"], sizes["n"], sizes["d_model"]
    if "context" in has:
        m, width = sizes["m"], sizes["d_context"]
    d_k, d_v = heads * sizes["d_k"], heads * sizes["d_v"]
    d_out = sizes["d_out"] if "Wo" in has else d_v
    shapes = {"embeddings": (n, sizes["d_model"]), "Wq": (sizes["d_model"], d_k), "upstream": (n, d_out)}
    shapes |= {"Wk": (width, d_k), "Wv": (width, d_v), "Wo": (d_v, d_out)}
    shapes |= {"bq": (d_k,), "bk": (d_k,), "bv": (d_v,), "bo": (d_out,)}
    optional = {"Wo", "bq", "bk", "bv", "bo"} - {*has}
    drawn: dict[str, Any] = {
        name: draw.normal(size=shape) for name, shape in shapes.items() if name not in optional
    }
    if loss != "upstream":
        del drawn["upstream"]
        drawn["target"] = (draw.random((n, d_out)) < 0.5).astype(float)
    if "mask" in has:
        drawn["mask"] = np.tri(n, m, dtype=int)
    if "context" in has:
        drawn["context"] = {"embeddings": draw.normal(size=(m, width))}
    return drawn | {"heads": heads, "loss": loss} | ({"scale": False} if "unscaled" in has else {})


def key_of(form: str, sizes: dict[str, int], loss: str) -> Key:
    return Key.of(attncli.Problem(**config(form, sizes, loss)))


def mistakes(key: Key) -> list[Mistake]:
    known = frozenset({*key.given, *key.values})
    return [*catalogue(key.page, known, key.problem.sizes)]


def name_of(mistake: Mistake) -> tuple[str, ...]:
    return mistake.id, *(row.formula for row in mistake.rows)


def made(key: Key, mistake: Mistake) -> dict[str, np.ndarray]:
    """What a mistake makes of its rows; nothing where the shapes do not fit."""
    own, found = {**key.given, **key.values}, {}
    before = {symbol: np.copy(value) for symbol, value in own.items() if isinstance(value, np.ndarray)}
    with np.errstate(all="ignore"):
        for row in mistake.rows:
            try:
                found[row.symbol] = row.compute(own)
            except ValueError:
                continue
            again = row.compute(own)
            assert isinstance(again, np.ndarray | np.floating), name_of(mistake)
            assert np.array_equal(found[row.symbol], again, equal_nan=True), name_of(mistake)
    for symbol, value in before.items():
        assert np.array_equal(own[symbol], value, equal_nan=True), (symbol, name_of(mistake))
    return found


@pytest.mark.parametrize("loss", ["upstream", "bce"])
@pytest.mark.parametrize("form", FORMS)
def test_a_mistake_gives_numbers_or_does_not_fit(form: str, loss: str) -> None:
    apart = key_of(form, APART, loss)
    fits = {name_of(mistake): made(apart, mistake) for mistake in mistakes(apart)}
    for size in ONE:
        key = key_of(form, APART | {size: 1}, loss)
        for mistake in mistakes(key):
            for symbol, value in made(key, mistake).items():
                # nothing fits only because an axis of length one goes with every other
                right = value.shape == key.values[symbol].shape
                assert right or symbol in fits[name_of(mistake)], (size, name_of(mistake), value.shape)


@pytest.mark.parametrize("form", FORMS)
def test_what_follows_from_a_mistake_can_be_worked_out_or_not(form: str) -> None:
    for size in ("n", "m", "d_v"):
        key = key_of(form, APART | {size: 1}, "bce")
        for mistake in mistakes(key):
            page = LazyPage(key.page, key.given, mistake.rows)
            for row in key.page.rows:
                with suppress(*IMPOSSIBLE):
                    page[row.symbol]


@pytest.mark.parametrize("form", FORMS)
def test_hidden_scores_may_be_finite(form: str) -> None:
    """With −10⁹ in the place of −∞ a gradient is what it is with that, and a wrong A has A's shape."""
    key = key_of(form, APART, "bce")
    page = {**key.given, **key.values}
    if "M" not in page:
        return
    other = {**page, "M": np.where(np.isneginf(page["M"]), -1e9, page["M"])}
    for mistake in mistakes(key):
        for row in mistake.rows:
            with np.errstate(all="ignore"):
                try:
                    one, two = row.compute(page), row.compute(other)
                except ValueError:
                    continue
            assert one.shape == two.shape, name_of(mistake)
            if row.backward:
                assert np.array_equal(one, two, equal_nan=True), name_of(mistake)
