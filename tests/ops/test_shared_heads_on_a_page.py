"""Shared heads, sinks and a learned bias on a page: formulas, cells, slopes, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.export.latex import latex
from attncli.ops.expression import value_of
from attncli.show.glossary import row_sums

RANDOM = np.random.default_rng(11)
GROUPED = """
Kh = split(K, 2)
Vh = split(V, 2)
Kr = repeat(Kh, 2)
Vr = repeat(Vh, 2)
S = Qh·Krᵀ
M = mask(Z + R)
A = softmax(M, s)
H = A·Vr
"""
CONFIG: dict[str, Any] = {
    "X": RANDOM.normal(size=(3, 4)),
    "Wq": RANDOM.normal(size=(4, 8)),
    "Wk": RANDOM.normal(size=(4, 4)),
    "Wv": RANDOM.normal(size=(4, 2)),
    "Wo": RANDOM.normal(size=(4, 2)),
    "heads": 4,
    "mask": ["causal", {"window": 2}],
    "s": RANDOM.normal(size=4),
    "R": RANDOM.normal(size=(3, 3)),
    "loss": "mse",
    "target": RANDOM.normal(size=(3, 2)),
    "formulas": GROUPED,
}


def grouped(**changes: Any) -> attncli.Problem:
    return attncli.Problem(**CONFIG | changes)


def by_loops(config: dict[str, Any]) -> np.ndarray:
    q, k, v = (config["X"] @ config[name] for name in ("Wq", "Wk", "Wv"))
    joined = []
    for h in range(4):
        key, value, rows = k[:, h // 2 * 2 : h // 2 * 2 + 2], v[:, h // 2 : h // 2 + 1], []
        for i in range(3):
            seen = [j for j in range(3) if i - 1 <= j <= i]
            powers = {
                j: np.exp(q[i, 2 * h : 2 * h + 2] @ key[j] / np.sqrt(2) + config["R"][i, j]) for j in seen
            }
            total = sum(powers.values()) + np.exp(config["s"][h])
            rows.append(sum(powers[j] / total * value[j] for j in seen))
        joined.append(rows)
    return np.concatenate(joined, axis=1) @ config["Wo"]


def test_the_output_is_that_of_loops() -> None:
    assert np.allclose(attncli.forward(grouped())["O"], by_loops(CONFIG), rtol=1e-13)


def test_the_gradients_are_the_slopes_of_the_loops() -> None:
    result = attncli.backward(grouped())

    def loss(**changes: np.ndarray) -> float:
        return float(((by_loops(CONFIG | changes) - CONFIG["target"]) ** 2).sum())

    for name in ("X", "Wq", "Wk", "Wv", "Wo", "s", "R"):
        slopes = np.zeros_like(CONFIG[name])
        for index in np.ndindex(slopes.shape):
            step = np.zeros_like(slopes)
            step[index] = 1e-5
            slopes[index] = (loss(**{name: CONFIG[name] + step}) - loss(**{name: CONFIG[name] - step})) / 2e-5
        assert result[f"d{name}"].shape == slopes.shape
        assert np.allclose(result[f"d{name}"], slopes, atol=1e-7), name


def test_the_page_reads_as_a_textbook_does() -> None:
    rows = {row.symbol: row.formula for row in attncli.backward(grouped()).page.rows}
    for formula in (
        "ds = −Σ a_s·rowsum(A∘dA), a_s = e^s/(rowsum(e^M) + e^s)",
        "dM = A∘(dA − rowsum(A∘dA))",
        "dR = sum over the heads of dM, 0 where masked",
        "dKh = sum of each 2 heads of dKr",
        "dVh = sum of each 2 heads of dVr",
        "dK = concat(dKh)",
    ):
        assert rows[formula.split()[0]] == formula


@pytest.mark.parametrize("symbol", ["A", "M", "Kr", "H", "ds", "dM", "dR", "dKh", "dVh", "dK", "dKr"])
def test_every_cell_is_worked_out_to_its_value(symbol: str) -> None:
    result = attncli.backward(grouped())
    for index in np.ndindex(result[symbol].shape):
        *head, last = [*index[:-2], index[-2:]] if len(index) > 1 else [index]
        name = symbol + "".join(f"[{i + 1}]" for i in head) + f"[{','.join(str(i + 1) for i in last)}]"
        cell = result.explain(name)
        assert value_of(cell.expression) == pytest.approx(result[symbol][index], rel=1e-12, abs=1e-15)


def test_fewer_heads_than_h_are_joined_and_cut_as_they_are() -> None:
    own = "Qh = split(Q, 2)\nKh = split(K, 2)\nVh = split(V, 2)"
    same = {name: CONFIG[name] for name in ("X", "Wk", "Wv")} | {"Wq": CONFIG["Wq"][:, :4], "loss": "sum"}
    four = attncli.backward(attncli.Problem(**same, heads=4, formulas=own))
    two = attncli.backward(attncli.Problem(**same, heads=2))
    assert four.page.row["O"].formula == "O = concat(H)"
    assert four.page.row["dH"].formula == "dH = split(dO, 2)"
    assert two.page.row["dH"].formula == "dH = split(dO)"
    for symbol in ("O", "dH", "dX", "dWq", "dWv"):
        assert np.array_equal(four[symbol], two[symbol])


def test_one_head_with_a_sink() -> None:
    same = {name: CONFIG[name] for name in ("X", "Wk")} | {"Wq": CONFIG["Wq"][:, :4], "Wv": CONFIG["Wv"]}
    result = attncli.backward(attncli.Problem(**same, s=[0.5], formulas="A = softmax(Z, s)", loss="sum"))
    powers = np.exp(result["Z"])
    assert np.allclose(result["A"], powers / (powers.sum(axis=-1, keepdims=True) + np.exp(0.5)))
    assert result["ds"].shape == (1,)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("repeat(Kh, 2)", "repeat(K, 2)", "K is 3 × ", "repeat takes heads"),
        ("repeat(Kh, 2)", "repeat(Kh, 1.5)", "Kh is 2 × 3 × 2", "a whole number of times"),
        ("repeat(Kh, 2)", "repeat(Kh, 0)", "Kh is 2 × 3 × 2", "a whole number of times"),
        ("repeat(Kh, 2)", "repeat(Kh, 1e12)", "Kh is 2 × 3 × 2", "a whole number of times"),
        ("repeat(Kh, 2)", "repeat(Kh, 3)", "Qh is 4 × 3 × 2, Kr is 6 × 3 × 2", ""),
        ("split(K, 2)", "split(K, 3)", "which 3 heads cannot share equally", ""),
        (
            "H = A·Vr",
            "T = A·Vr\nG = concat(T)\nH = concat(G)",
            "G is 3 × 4",
            "concat puts heads side by side",
        ),
    ],
)
def test_what_does_not_fit(old: str, new: str, message: str, hint: str) -> None:
    with pytest.raises(AttnError) as caught:
        grouped(formulas=GROUPED.replace(old, new))
    assert any(message in one.message and hint in one.hint for one in caught.value.errors), str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"s": [1, 2]}, "s has 2 numbers"),
        ({"s": 1.0}, "s is one number"),
        ({"R": np.ones((2, 3))}, "R has 2 rows"),
        ({"R": np.ones((2, 3, 3))}, "R has 2 heads"),
    ],
)
def test_givens_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AttnError, match=message):
        grouped(**changes)


@pytest.mark.parametrize(("axes", "heads"), [("KV", 4), ("KV", 2), ("hh", 2), ("hh", 1)])
def test_values_of_the_lesson_may_be_given_with_the_heads_that_lines_give_them(axes: str, heads: int) -> None:
    key, value = RANDOM.normal(size=(heads, 5, 3)), RANDOM.normal(size=(heads, 5, 2))
    times = 4 // heads
    lines = [f"Kr = repeat(Kh, {times})", f"Vr = repeat(Vh, {times})", "S = Qh·Krᵀ", "H = A·Vr"]
    given = {"Q": RANDOM.normal(size=(3, 12)), "Kh": key, "Vh": value}
    if axes == "KV":
        lines = [f"Kh = split(K, {heads})", f"Vh = split(V, {heads})", *lines]
        given = {"Q": given["Q"], "K": np.hstack(key), "V": np.hstack(value)}
    found = attncli.forward(attncli.Problem(heads=4, given=given, context={}, formulas="\n".join(lines)))
    whole = {"Q": given["Q"], "Kh": np.repeat(key, times, axis=0), "Vh": np.repeat(value, times, axis=0)}
    assert np.array_equal(found["O"], attncli.forward(attncli.Problem(heads=4, given=whole, context={}))["O"])


def test_one_head_has_one_sink() -> None:
    same = {name: CONFIG[name] for name in ("X", "Wk")} | {"Wq": CONFIG["Wq"][:, :4], "Wv": CONFIG["Wv"]}
    with pytest.raises(AttnError, match=r"s has 2 numbers; expected 1 .*one number a head"):
        attncli.Problem(**same, s=[1, 2], formulas="A = softmax(Z, s)")


def test_what_is_said_of_rows_that_leave_a_share_to_a_sink() -> None:
    assert row_sums(attncli.forward(grouped())) == "Each row sums to 1 together with the share of its sink."


def test_latex_of_words_and_of_powers() -> None:
    assert latex("sum of each 2 heads of dKr").startswith(r"\text{sum of each 2 heads of }\frac{\partial L}")
    assert r"e^{sinks} / " in latex("a_s = e^sinks/(rowsum(e^M) + e^sinks)")
