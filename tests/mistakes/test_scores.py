"""What people do in code between the scores and the output: each by another formula, and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.calculation import Setting, backward_setting
from attncli.mistakes.catalogue import Mistake, catalogue
from attncli.mistakes.consistent import consistent_page
from attncli.page.page import Row

SEEN = [[1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1], [1, 0, 1, 0]]  # nobody sees the second word
HEADS, D_K = 2, 3
MASK = np.array(SEEN, bool)
Values = dict[str, Any]


def setting(**more: Any) -> Setting:
    """A problem of two heads; where there is no other mask, with one that is not symmetric."""
    random = np.random.default_rng(5)
    sizes = {"X": (4, 5), "Wq": (5, 6), "Wk": (5, 6), "Wv": (5, 4), "Wo": (4, 3), "upstream": (4, 3)}
    numbers = {name: random.normal(size=size) for name, size in sizes.items()}
    problem = attncli.Problem(**{**numbers, "heads": HEADS, "mask": SEEN, "loss": "upstream", **more})
    return backward_setting(problem, None, None)


def of_page(on: Setting) -> tuple[Values, dict[str, list[Mistake]]]:
    """The right values, and the mistakes that can be made there, by their ids."""
    values = {**on.given, **on.page.evaluate(on.given)}
    found: dict[str, list[Mistake]] = {}
    for mistake in catalogue(on.page, frozenset(values), on.problem.sizes):
        found.setdefault(mistake.id, []).append(mistake)
    return values, found


RIGHT, MISTAKES = of_page(setting())
DERIVED_ELSEWHERE = {"half-precision", "dropout-active", "residual-added"}
FORWARD_IN_CODE = {
    id_
    for id_, ways in MISTAKES.items()
    if any(one.code and one.rows[0].symbol in {"Z", "M", "A", "H", "O"} for one in ways)
}
Z, M = RIGHT["Z"], RIGHT["M"]


def made(id_: str, symbol: str, *, backward: bool = False) -> list[np.ndarray]:
    """What a mistake makes of a row, in each of the ways in which it is made there."""
    rows = [row for one in MISTAKES[id_] for row in one.rows if row.symbol == symbol]
    return [value(row) for row in rows if row.backward == backward]


def value(row: Row, values: Values = RIGHT) -> np.ndarray:
    """Work a row out as a machine does, whatever comes of it."""
    with np.errstate(all="ignore"):
        return row.op.value(*row.operands(values))


def filled(number: float, seen: np.ndarray = MASK) -> np.ndarray:
    """Z with a number where one may not look, cell by cell."""
    found = Z.copy()
    for h, r, j in np.ndindex(*Z.shape):
        if not seen[r, j]:
            found[h, r, j] = number
    return found


def weights(scores: np.ndarray, top: Callable[[np.ndarray], Any] = np.max, more: float = 0.0) -> np.ndarray:
    """The softmax row by row, with something subtracted and something added to the sum."""
    found = np.empty_like(scores)
    with np.errstate(all="ignore"):
        for h, r in np.ndindex(*scores.shape[:2]):
            powers = [np.exp(b - top(scores[h, r])) for b in scores[h, r]]
            found[h, r] = [power / (more + np.sum(powers)) for power in powers]
    return found


def masks() -> dict[str, list[np.ndarray]]:
    """M by each mistake."""
    hidden, none = -np.inf, np.ones_like(MASK)
    last, first = Z.copy(), Z.copy()
    last[1], first[0] = filled(hidden)[1], filled(hidden)[0]
    moved, flags = np.zeros_like(MASK), np.zeros_like(MASK)
    for r, j in np.ndindex(*MASK.shape):
        moved[r, j] = j == 0 or MASK[r, j - 1]
        flags[r, j] = (r == 1) == (j == 1)  # the word that nobody sees sees itself alone
    return {
        "mask-missing": [filled(0.0, none)],
        "mask-inverted": [filled(hidden, ~MASK), Z - 1e9 * MASK],
        "mask-sign": [Z + 1e9 * ~MASK, filled(1e9)],
        "mask-tiny-fill": [filled(-1e-9), filled(1e-9)],
        "mask-added-01": [Z + MASK.astype(float), Z + (~MASK).astype(float)],
        "mask-small-fill": [filled(-1e4), filled(-1e3), filled(-1e2), Z - 1e4 * ~MASK],
        "mask-transposed": [filled(hidden, MASK.T), Z - 1e9 * ~MASK.T],
        "mask-one-row": [filled(hidden, np.array([MASK[3]] * 4)), filled(hidden, np.array([MASK[0]] * 4))],
        "mask-one-too-far": [filled(hidden, moved)],
        "mask-first-head": [first, last],
        "mask-same-flag": [filled(hidden, flags)],
        "mask-always-causal": [filled(hidden, np.array([[j <= r for j in range(4)] for r in range(4)]))],
        "mask-zero-fill": [filled(0.0)],
    }


@pytest.mark.parametrize(("id_", "expected"), masks().items())
def test_a_wrong_mask(id_: str, expected: list[np.ndarray]) -> None:
    found = made(id_, "M")
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14, atol=1e-13)
    for one, other in zip(made(id_, "A"), expected, strict=True):  # on the way to A, NaN where all is hidden
        np.testing.assert_allclose(one, weights(other), rtol=1e-6)


def test_the_numbers_0_and_minus_1e9_are_told_apart_from_their_like_by_size_alone() -> None:
    tiny, zero = made("mask-tiny-fill", "A"), made("mask-zero-fill", "A")[0]
    for one in tiny:
        assert 1e-11 < np.abs(one - zero).max() < 1e-8


def test_a_wrong_scale() -> None:
    s = RIGHT["S"]
    compounded = np.stack([s[0] / np.sqrt(D_K), s[1] / D_K])
    for id_, expected in {
        "scale-by-width": s / np.sqrt(HEADS * D_K),
        "scale-by-heads": s / np.sqrt(HEADS),
        "scale-compounds": compounded,
        "scale-missing": s,
        "scale-by-dmodel": s / np.sqrt(5),
        "scale-by-dk": s / D_K,
        "scale-multiplied": s * np.sqrt(D_K),
    }.items():
        (found,) = made(id_, "Z")
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_in_one_head_the_heads_scale_nothing() -> None:
    one_head = setting(heads=1, Wo=np.ones((4, 3)))
    values, found = of_page(one_head)
    assert "scale-by-width" not in found
    assert "scale-compounds" not in found
    np.testing.assert_array_equal(value(found["scale-by-heads"][0].rows[0], values), values["S"])


def test_a_scale_of_ones_own_is_compounded_as_well() -> None:
    values, found = of_page(setting(scale=0.5))
    expected = np.stack([values["S"][0] * 0.5, values["S"][1] * 0.25])
    np.testing.assert_allclose(value(found["scale-compounds"][0].rows[0], values), expected)


def test_a_wrong_softmax() -> None:
    of_one = np.where(np.isneginf(M), np.nan, 1.0)
    for id_, expected in {
        "softmax-of-one": [of_one],
        "softmax-plus-one": [weights(M, lambda _row: 0.0, 1.0), weights(M, more=1.0)],
        "softmax-overflow": [RIGHT["A"]],
        "softmax-max-whole": [RIGHT["A"]] * 2,
        "softmax-max-zero": [RIGHT["A"]],
    }.items():
        found = made(id_, "A")
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
    low = np.where(np.isneginf(M), -1e9, M)
    (row,) = MISTAKES["softmax-of-one"][0].rows
    np.testing.assert_array_equal(value(row, {**RIGHT, "M": low}), np.ones_like(M))


LARGE = np.array(
    [
        [[0.0, 800, -800, 1], [3, 1, 2, 0], [-900, -901, -902, -903], [-2e4, -3e4, -1, 5]],
        [[3e4, 3e4 - 1, -3e4, 0], [2e4, 1, 2, 3], [2e4, 2e4, -1e4, 1], [3, 5, 2, -9e3]],
    ]
)


@pytest.mark.parametrize(
    ("id_", "tops", "lost"),
    [
        ("softmax-overflow", [np.zeros((2, 4))], [[(0, 0), (0, 2), (1, 0), (1, 1), (1, 2)]]),
        (
            "softmax-max-whole",
            [np.full((2, 4), 3e4), np.array([[800.0] * 4, [3e4] * 4])],
            [
                [*((0, r) for r in range(4)), (1, 1), (1, 2), (1, 3)],
                [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)],
            ],
        ),
        ("softmax-max-zero", [np.maximum(0, LARGE.max(axis=-1))], [[(0, 2)]]),
    ],
)
def test_what_shows_on_large_scores_alone(
    id_: str, tops: list[np.ndarray], lost: list[list[tuple[int, int]]]
) -> None:
    variants = [one.rows[0] for one in MISTAKES[id_]]
    for row, top, rows in zip(variants, tops, lost, strict=True):
        found = value(row, {**RIGHT, "M": LARGE})
        for place in np.ndindex(2, 4):
            with np.errstate(all="ignore"):
                powers = np.exp(LARGE[place] - top[place])
                np.testing.assert_allclose(found[place], powers / powers.sum(), rtol=1e-12)
            assert np.isnan(found[place]).any() == (place in rows), place


def test_a_fill_that_is_too_near_shows_below_it() -> None:
    scores = np.array([[[-3e4, -2e4, -2e4 - 1]] * 3])
    values = {**RIGHT, "Z": scores, "mask": setting(mask=True).problem.mask}
    near, *_, below = (value(one.rows[0], values) for one in MISTAKES["mask-small-fill"][:4])
    np.testing.assert_array_equal(near[0, 0], [-3e4, -1e4, -1e4])
    np.testing.assert_array_equal(below[0, 0], [-3e4, -3e4, -3e4 - 1])


@pytest.mark.parametrize("block", [1, 2, 3, 4, 8])
def test_an_output_that_is_not_rescaled(block: int) -> None:
    scores, v = np.where(MASK | (np.arange(4) == 0), Z, -np.inf), RIGHT["Vh"]  # the first block has a number
    expected = np.zeros((HEADS, 4, 2))
    for h, r in np.ndindex(HEADS, 4):
        top, total, output = -np.inf, 0.0, np.zeros(2)
        for start in range(0, 4, block):
            part = slice(start, start + block)
            new = max(top, scores[h, r, part].max())
            powers = np.exp(scores[h, r, part] - new)
            output = output + powers @ v[h, part]
            total = total * np.exp(top - new) + powers.sum()
            top = new
        expected[h, r] = output / total
    row = MISTAKES["online-output-not-rescaled"][[1, 2, 3, 4, 8].index(block)].rows[0]
    np.testing.assert_allclose(value(row, {**RIGHT, "M": scores}), expected, rtol=1e-12)
    right = weights(scores) @ v
    assert np.allclose(expected, right) == (block >= 4)


def test_half_precision() -> None:
    steps, results, products = MISTAKES["half-precision"]
    assert [row.symbol for row in steps.rows] == ["S", "Z", "M", "A", "H"]
    assert [row.symbol for row in products.rows] == ["S", "H"]
    half = np.float16
    q, k, v = (RIGHT[name].astype(half) for name in ("Qh", "Kh", "Vh"))
    by_step = (q @ k.mT) / 3**0.5
    assert by_step.dtype == half
    by_step[:, ~MASK] = -np.inf
    by_step = np.exp(by_step - by_step.max(axis=-1, keepdims=True))
    by_step = by_step / by_step.sum(axis=-1, keepdims=True) @ v
    by_result = np.where(MASK, ((q @ k.mT).astype(np.float32) / np.float32(3**0.5)).astype(half), -np.inf)
    by_result = weights(by_result.astype(np.float32)).astype(half).astype(np.float32)
    by_result = (by_result @ v.astype(np.float32)).astype(half)
    by_product = np.where(MASK, (q @ k.mT) / np.sqrt(3), -np.inf)
    assert by_product.dtype == np.float64  # a number of NumPy's makes it so
    by_product = weights(by_product) @ v
    for mistake, expected in ((steps, by_step), (results, by_result), (products, by_product)):
        values = dict(RIGHT)
        rows = {row.symbol: row for row in mistake.rows}
        for symbol in ("S", "Z", "M", "A", "H"):
            values[symbol] = value(rows.get(symbol, setting().page.row[symbol]), values)
        assert values["H"].dtype == np.float64
        np.testing.assert_allclose(values["H"], expected.astype(float), rtol=1e-9)
        assert 1e-5 < np.abs(values["H"] - RIGHT["H"]).max() < 2e-2


@pytest.mark.parametrize(
    ("id_", "seen"), [("mask-missing", np.ones((4, 4), bool)), ("mask-always-causal", np.tri(4, dtype=bool))]
)
def test_the_weights_are_worked_out_again_with_another_mask(id_: str, seen: np.ndarray) -> None:
    (together,) = (one for one in MISTAKES[id_] if one.rows[0].backward)
    assert {row.symbol for row in together.rows} == {"dVh", "dM", "dZ"}
    a = weights(filled(-np.inf, seen))
    da, dh = RIGHT["dA"], RIGHT["dH"]
    expected = {"dVh": np.zeros_like(RIGHT["Vh"]), "dM": np.zeros_like(a)}
    for h in range(HEADS):
        expected["dVh"][h] = a[h].T @ dh[h]
        for r in range(4):
            jacobian = np.diag(a[h, r]) - np.outer(a[h, r], a[h, r])
            expected["dM"][h, r] = jacobian @ da[h, r]
    values = dict(RIGHT)
    for row in together.rows:
        values[row.symbol] = value(row, values)
    np.testing.assert_allclose(values["dVh"], expected["dVh"], atol=1e-12)
    np.testing.assert_allclose(values["dM"], expected["dM"], atol=1e-12)
    np.testing.assert_allclose(values["dZ"], expected["dM"], atol=1e-12)


def test_without_a_mask_a_causal_one_is_a_mistake_as_well() -> None:
    values, found = of_page(setting(mask=False))
    forward, back = found["mask-always-causal"]
    causal = np.where(np.tri(4, dtype=bool), values["Z"], -np.inf)
    np.testing.assert_allclose(value(forward.rows[0], values), weights(causal), atol=1e-15)
    assert [row.symbol for row in back.rows] == ["dVh", "dZ"]
    np.testing.assert_allclose(value(back.rows[0], values), weights(causal).mT @ values["dH"], atol=1e-13)
    assert not any(one.rows[0].backward for one in found.get("mask-missing", ()))


def test_a_mask_is_lost_only_where_there_is_a_context() -> None:
    context = {"embeddings": np.random.default_rng(2).normal(size=(3, 5))}
    values, found = of_page(setting(context=context, mask=[[1, 0, 1]] * 4))
    rows = [one.rows[0] for one in found["mask-lost-in-cross"]]
    assert [row.formula for row in rows] == ["M = Z", "A = softmax(Z)"]
    assert "mask-lost-in-cross" not in MISTAKES
    given = {name: np.ones(shape) for name, shape in {"Q": (4, 6), "K": (3, 6), "V": (3, 4)}.items()}
    keys = {"tokens": "a b c".split()}
    only = {"given": given, "context": keys, "mask": [[1, 0, 1]] * 4, "loss": "sum", "heads": HEADS}
    assert "mask-lost-in-cross" in of_page(backward_setting(attncli.Problem(**only), None, None))[1]
    for id_ in ("mask-transposed", "mask-same-flag"):  # as many queries as keys are needed
        with pytest.raises(ValueError, match="shapes"):
            value(found[id_][0].rows[0], values)


def test_what_hides_in_code_counts_as_hidden() -> None:
    """A score of −10⁹ counts for 0 where −∞ does, and shows what it is where it is all that there is."""
    low = {**RIGHT, "M": np.where(np.isneginf(M), -1e9, M)}
    (no_exp,) = MISTAKES["softmax-no-exp"][0].rows
    np.testing.assert_allclose(value(no_exp, low), value(no_exp))
    assert value(no_exp)[0, 0, 1] == 0
    (columns,) = MISTAKES["softmax-columns"][0].rows
    assert np.isnan(value(columns)[..., 1]).all()  # nobody sees this word
    assert (value(columns, low)[..., 1] == 1 / 4).all()
    np.testing.assert_array_equal(columns.op.on_paper(M)[..., 1], 0)
    np.testing.assert_allclose(value(columns)[..., [0, 2, 3]], value(columns, low)[..., [0, 2, 3]])


@pytest.mark.parametrize("id_", sorted(FORWARD_IN_CODE - DERIVED_ELSEWHERE | {"softmax-no-keepdims"}))
def test_its_derivative_is_its_own(id_: str) -> None:
    random = np.random.default_rng(7)
    values = {**RIGHT, "M": np.where(MASK | (np.arange(4) == 0), Z, -np.inf)}
    rows = [row for one in MISTAKES[id_] for row in one.rows if not row.backward]
    exact = 1e-4 if id_ in {"mask-sign", "mask-inverted", "mask-transposed"} else 1e-6  # beside 10⁹
    for row in rows:
        step = 1.0 if row.symbol in {"Z", "M"} else 1e-4  # these are linear, and 1e9 is a large number
        dy = random.normal(size=RIGHT[row.symbol].shape)

        def loss(values: Values, row: Row = row, dy: np.ndarray = dy) -> float:
            result = row.op.on_paper(*row.operands(values))
            return float((np.where(np.isfinite(result), result, 0.0) * dy).sum())

        reached = {**values, "y": row.op.on_paper(*row.operands(values)), "dy": dy}
        paths = [*row.op.gradients("y", "dy", *row.args)]
        assert paths, row
        for path in paths:
            if path.of not in RIGHT or not isinstance(RIGHT[path.of], np.ndarray):
                continue
            gradient = Row("g", path.op, path.args).compute(reached)
            direction = random.normal(size=gradient.shape)
            near, far = (loss({**values, path.of: values[path.of] + s * direction}) for s in (step, -step))
            slope = (near - far) / (2 * step)
            assert abs(slope - (gradient * direction).sum()) < exact * max(1.0, abs(slope)), (row, path)


def test_half_a_precision_goes_back_as_well_as_forward() -> None:
    on = setting()
    given = {**on.given, **{name: 0.4 * value for name, value in on.givens.items()}}
    right = on.page.evaluate(given)
    for mistake in MISTAKES["half-precision"]:
        page = consistent_page(on.page, mistake.rows)
        assert page is not None
        found = page.evaluate(given)
        for name in ("dWq", "dWk", "dWv", "dX"):
            off = np.abs(found[name] - right[name]).max() / np.abs(right[name]).max()
            assert 1e-6 < off < 5e-3, (name, off)


def test_what_is_met_on_paper_means_the_same_in_code() -> None:
    s, hidden = RIGHT["S"], ~MASK
    plain, below = np.exp(M), np.exp(M - M.max(axis=-1, keepdims=True))
    whole = np.exp(M) / np.exp(M).sum(axis=(-2, -1), keepdims=True)

    def crossed(powers: np.ndarray) -> np.ndarray:
        found = powers.copy()
        for h, r, j in np.ndindex(*powers.shape):
            found[h, r, j] /= sum(powers[h, j])
        return found

    for id_, expected in {
        "softmax-whole": [whole],
        "softmax-no-keepdims": [crossed(plain), crossed(below)],
        "softmax-no-exp": [np.where(hidden, 0, Z) / np.where(hidden, 0, Z).sum(axis=-1, keepdims=True)],
        "mask-after-softmax": [weights(Z) * MASK],
        "scale-after-softmax": [weights(np.where(hidden, -np.inf, s)) / np.sqrt(D_K)],
    }.items():
        for scores in (M, np.where(np.isneginf(M), -1e9, M)):
            rows = [one.rows[0] for one in MISTAKES[id_]]
            for row, other in zip(rows, expected, strict=True):
                np.testing.assert_allclose(value(row, {**RIGHT, "M": scores}), other, rtol=1e-12, atol=1e-15)
