"""ONNX's operator Attention: each kind of its test vectors that needs no cache, written wholly as a config.

``operator`` works the operator out as its description has it since 2026 (pull requests 7867 and 7913 of
onnx/onnx: softcap before the mask; qk_matmul_output_mode 1 is behind softcap, 2 behind the mask), with loops
and with nothing of attncli. Names and sizes are those of onnx/backend/test/case/node/attention.py; a batch
there is one problem a member here.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

import attncli

QUERIES, KEYS, WIDTH, WIDER = 4, 6, 8, 10


class Kind(NamedTuple):
    """One kind of test vector: the operator's attributes, and which inputs it has."""

    name: str
    heads: int = 3
    kv_heads: int = 3
    v_width: int = WIDTH
    scale: float | None = None
    causal: bool = False
    mask: str = ""  # "float" or "bool", with its number of axes, and "short": for fewer keys than there are
    softcap: float = 0.0
    nonpad: int | None = None
    old: bool = False  # as until April 2026, softcap behind the mask


GROUPED: dict[str, Any] = {"heads": 9}
WIDE: dict[str, Any] = {"v_width": WIDER}
KINDS = [
    Kind(f"{name}{suffix}", **sizes, **more)
    for name, sizes in (("", {}), ("gqa", GROUPED), ("diff_heads_sizes", WIDE), ("mqa", {"kv_heads": 1}))
    for suffix, more in (
        ("", {}),
        ("_scaled", {"scale": 1e-2}),
        ("_causal", {"causal": True}),
        ("_attn_mask", {"mask": "float2"}),
        ("_softcap", {"softcap": 3.0}),
    )
] + [
    Kind("attn_mask_3d", mask="float3"),
    Kind("attn_mask_3d_causal", mask="float3", causal=True),
    Kind("attn_mask_4d", mask="float4"),
    Kind("attn_mask_4d_causal", mask="float4", causal=True),
    Kind("attn_mask_bool", mask="bool2"),
    Kind("attn_mask_bool_4d", mask="bool4"),
    Kind("attn_mask_bool_causal", mask="bool4", causal=True),
    Kind("attn_mask_padded_kv", mask="float2short"),
    Kind("with_qk_matmul_softcap", mask="float2", softcap=2.0),
    Kind("softcap_neginf_mask", mask="infinite", softcap=0.5),
    Kind("softcap_bool_causal", mask="bool2", causal=True, softcap=1.5),
    Kind("gqa_softcap_attn_mask", heads=9, mask="float4", softcap=1.5),
    Kind("nonpad_kv_seqlen", nonpad=5),
    Kind("nonpad_kv_seqlen_causal", nonpad=5, causal=True),
    Kind("nonpad_kv_seqlen_attn_mask_softcap", nonpad=4, mask="float2", softcap=2.0),
    Kind("old_softcap_neginf_mask", mask="infinite", softcap=0.5, old=True),
    Kind("old_softcap_causal", causal=True, mask="float2", softcap=2.0, old=True),
]


class Inputs(NamedTuple):
    """One member of a batch: a matrix a head, and the mask, to be added or boolean."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    mask: np.ndarray | None


def drawn(kind: Kind, seed: int) -> Inputs:
    random = np.random.default_rng(seed)
    q = random.random((kind.heads, QUERIES, WIDTH))
    k = random.random((kind.kv_heads, KEYS, WIDTH))
    v = random.random((kind.kv_heads, KEYS, kind.v_width))
    keys = KEYS - 2 if kind.mask.endswith("short") else KEYS
    shape = (kind.heads, QUERIES, keys) if "4" in kind.mask else (QUERIES, keys)
    mask = random.random(shape) if kind.mask else None
    if mask is not None and kind.mask.startswith("bool"):
        mask = mask < 0.5
        mask[..., 0] = True  # no row in which all is hidden: the operator leaves that open
    if mask is not None and kind.mask == "infinite":
        mask = np.where(mask < 0.5, -np.inf, 0.0)
        mask[:, 1] = 0.0
    return Inputs(q, k, v, mask)


def operator(kind: Kind, given: Inputs) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Y, a matrix a head, and qk_matmul_output in each of its modes."""
    stages = {mode: np.full((kind.heads, QUERIES, KEYS), -np.inf) for mode in range(4)}
    y = np.zeros((kind.heads, QUERIES, kind.v_width))
    scale = 1 / math.sqrt(WIDTH) if kind.scale is None else kind.scale
    for h in range(kind.heads):
        shared = h * kind.kv_heads // kind.heads
        for i in range(QUERIES):
            for j in range(KEYS):
                score = scale * math.fsum(given.q[h, i] * given.k[shared, j])
                bias = added(kind, given.mask, h, i, j)
                capped = cap(score, kind.softcap)
                masked = cap(score + bias, kind.softcap) if kind.old else capped + bias
                for mode, number in enumerate((score, capped, masked)):
                    stages[mode][h, i, j] = number
            powers = np.exp(stages[2][h, i])
            stages[3][h, i] = powers / powers.sum()
            y[h, i] = sum(stages[3][h, i, j] * given.v[shared, j] for j in range(KEYS))
    return y, stages


def cap(score: float, softcap: float) -> float:
    return softcap * math.tanh(score / softcap) if softcap else score


def added(kind: Kind, mask: np.ndarray | None, h: int, i: int, j: int) -> float:
    """Return what is_causal, attn_mask and nonpad_kv_seqlen add to one score."""
    frontier = i + (0 if kind.nonpad is None else kind.nonpad - QUERIES)
    if (kind.causal and j > frontier) or (kind.nonpad is not None and j >= kind.nonpad):
        return -math.inf
    if mask is None:
        return 0.0
    if j >= mask.shape[-1]:
        return -math.inf
    found = mask[(h, i, j)[-mask.ndim :]]
    return float(found) if mask.dtype != bool else 0.0 if found else -math.inf


def config(kind: Kind, given: Inputs, axes: int) -> dict[str, Any]:  # noqa: C901 - a case an attribute
    """Write it down: what the inputs and attributes are here; the guide has the same as a table."""
    names = ("Qh", "Kh", "Vh") if axes == 4 else ("Q", "K", "V")
    keys = kind.nonpad if kind.causal else None  # a cache that is not full: what is behind is left out
    inputs = [given.q, given.k[:, :keys], given.v[:, :keys]]
    if axes == 3:
        inputs = [np.concatenate(list(one), axis=1) for one in inputs]
    found: dict[str, Any] = {
        "heads": kind.heads,
        "given": dict(zip(names, inputs, strict=True)),
        "context": {},
        "scale": True if kind.scale is None else kind.scale,
    }
    lines = []
    if kind.kv_heads != kind.heads:
        if axes == 3:
            lines += [f"Kh = split(K, {kind.kv_heads})", f"Vh = split(V, {kind.kv_heads})"]
        times = kind.heads // kind.kv_heads
        lines += [f"Kr = repeat(Kh, {times})", f"Vr = repeat(Vh, {times})", "S = Qh·Krᵀ", "H = A·Vr"]
    masks: list[Any] = []
    if kind.causal:
        masks.append("causal" if kind.nonpad is None else "causal-bottom-right")
    elif kind.nonpad is not None:
        masks.append({"padding": [int(j >= kind.nonpad) for j in range(KEYS)]})
    if kind.mask.startswith("bool"):
        masks.append(given.mask)
    elif given.mask is not None:
        width = [(0, 0)] * (given.mask.ndim - 1) + [(0, KEYS - given.mask.shape[-1])]
        masks.append({"add": np.pad(given.mask, width, constant_values=-np.inf)})
    found["mask"] = masks or False
    plus = " + B" if any("add" in mask for mask in masks if isinstance(mask, dict)) else ""
    if kind.softcap and kind.old:
        lines += [f"M = mask(Z{plus})", f"Zc = softcap(M, {kind.softcap})", "A = softmax(Zc)"]
    elif kind.softcap and masks:
        lines += [f"Zc = softcap(Z, {kind.softcap})", f"M = mask(Zc{plus})"]
    elif kind.softcap:
        lines += [f"Zc = softcap(Z, {kind.softcap})", "A = softmax(Zc)"]
    return found | ({"formulas": "\n".join(lines)} if lines else {})


@pytest.mark.parametrize("axes", [3, 4])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_a_config(kind: Kind, axes: int) -> None:
    for seed in (1, 2):
        given = drawn(kind, seed)
        y, stages = operator(kind, given)
        result = attncli.forward(attncli.Problem(**config(kind, given, axes)))
        assert np.allclose(result["H"], y, rtol=1e-13)
        assert np.allclose(result["O"], np.concatenate(list(y), axis=1), rtol=1e-13)
        masked = next((symbol for symbol in ("M", "Zc", "Z") if symbol in result.values), "")
        rows = {0: "Z", 1: "Zc" if kind.softcap else "Z", 2: "Zc" if kind.old else masked, 3: "A"}
        for mode, symbol in rows.items():
            if not (kind.old and mode == 1):  # which stood behind the mask then
                seen = stages[mode][..., : result[symbol].shape[-1]]
                assert np.allclose(result[symbol], seen, rtol=1e-13, atol=1e-15), (mode, symbol)


def test_the_order_of_softcap_and_mask_matters() -> None:
    """Until 2026 a score of −∞ became −softcap: what was masked got some weight."""
    new, old = (Kind(name, mask="infinite", softcap=0.5, old=name == "old") for name in ("new", "old"))
    given = drawn(new, 1)
    weights = [attncli.forward(attncli.Problem(**config(kind, given, 4)))["A"] for kind in (new, old)]
    hidden = np.broadcast_to(np.isneginf(given.mask), weights[0].shape)
    assert (weights[0][hidden] == 0).all()
    assert (weights[1][hidden] > 0.05).all()


def test_what_the_guide_says_can_be_read() -> None:
    guide = Path(attncli.__file__).parent / "guide" / "onnx.md"
    grouped, new, old = re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    random = np.random.default_rng(3)
    widths = {"X": 5, "Wq": 8, "Wk": 4, "Wv": 6}
    given = {name: random.normal(size=(3 if name == "X" else 5, width)) for name, width in widths.items()}
    shared = attncli.backward(attncli.Problem(**given, **yaml.safe_load(grouped)), loss="sum")
    assert shared["O"].shape == (3, 12)
    given["Wk"] = given["Wq"]
    mask = ["causal", {"add": random.normal(size=(3, 3))}]
    for block, last in ((new, "A = softmax(M)"), (old, "A = softmax(Zc)")):
        result = attncli.backward(attncli.Problem(**given, mask=mask, **yaml.safe_load(block)), loss="sum")
        assert result.page.row["A"].formula == last
