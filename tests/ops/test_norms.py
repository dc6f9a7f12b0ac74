"""layernorm, rmsnorm, l2norm and rowshare: numbers, cells, gradients, and rows that cannot be divided."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attncli.errors import AttnError
from attncli.ops.norms import L2NORM, LAYERNORM, RMSNORM, ROWSHARE
from attncli.page.noise import Errors
from attncli.page.page import strict
from tests.support.by_page import check_cells, check_gradients, evaluated, row_of, shown

OPS = {
    "layernorm": (LAYERNORM, ("R", "ε"), {"dR"}),
    "layernorm γ": (LAYERNORM, ("R", "ε", "γ"), {"dR", "dγ"}),
    "layernorm γ β": (LAYERNORM, ("R", "ε", "γ", "β"), {"dR", "dγ", "dβ"}),
    "rmsnorm": (RMSNORM, ("R", "ε"), {"dR"}),
    "rmsnorm γ": (RMSNORM, ("R", "ε", "γ"), {"dR", "dγ"}),
    "l2norm": (L2NORM, ("R",), {"dR"}),
    "rowshare": (ROWSHARE, ("R",), {"dR"}),
}


def values(shape: tuple[int, ...], dtype: str = "float64", epsilon: float = 1e-5) -> dict:
    rng = np.random.default_rng(3)
    r = rng.normal(size=shape) + 2.5  # whose rows do not sum to 0
    r[..., ::2, :] *= -1
    γ, β = rng.normal(size=(2, shape[-1]))
    return {"R": r.astype(dtype), "γ": γ.astype(dtype), "β": β.astype(dtype), "ε": epsilon}


def by_hand(name: str, row: list[float], epsilon: float, γ: list[float], β: list[float]) -> list[float]:
    """One row, as a person does it."""
    d = len(row)
    if name.startswith("layernorm"):
        mean = sum(row) / d
        row = [x - mean for x in row]
    if name.startswith(("layernorm", "rmsnorm")):
        root = math.sqrt(sum(x * x for x in row) / d + epsilon)
        row = [x / root for x in row]
        row = [x * g for x, g in zip(row, γ, strict=True)] if "γ" in name else row
        return [x + b for x, b in zip(row, β, strict=True)] if "β" in name else row
    whole = math.sqrt(sum(x * x for x in row)) if name == "l2norm" else sum(row)
    return [x / whole for x in row]


@pytest.mark.parametrize("epsilon", [1e-5, 0.5, 0.0])
@pytest.mark.parametrize("shape", [(3, 4), (1, 3), (5, 2), (2, 3, 4)])
@pytest.mark.parametrize("name", OPS)
def test_values_are_those_of_plain_loops(name: str, shape: tuple[int, ...], epsilon: float) -> None:
    op, args, _ = OPS[name]
    given = values(shape, epsilon=epsilon)
    with strict():
        found = op.value(*(given[arg] for arg in args))
    flat = given["R"].reshape(-1, shape[-1]).tolist()
    right = [by_hand(name, row, epsilon, given["γ"].tolist(), given["β"].tolist()) for row in flat]
    assert np.allclose(found, np.reshape(right, shape), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (2, 3, 4), (3, 2, 3)])
@pytest.mark.parametrize("name", OPS)
def test_gradients_are_slopes_and_cells_are_what_they_say(name: str, shape: tuple[int, ...]) -> None:
    op, args, gradients = OPS[name]
    assert check_gradients(row_of(op, *args), values(shape, epsilon=0.01)) == gradients


@pytest.mark.parametrize("name", OPS)
def test_float32_stays_float32_and_is_as_good_as_it_can_be(name: str) -> None:
    op, args, _ = OPS[name]
    given = values((2, 3, 4), "float32")
    rough = evaluated(row_of(op, *args), given)
    wide = {k: v if k == "ε" else v.astype("float64") for k, v in given.items()}
    fine = evaluated(row_of(op, *args), {**wide, "U": rough["U"].astype("float64")})
    for row in rough["rows"]:
        if row.symbol not in {"L", "dT"}:
            assert rough[row.symbol].dtype == np.float32, row.formula
            assert np.allclose(rough[row.symbol], fine[row.symbol], rtol=2e-5, atol=2e-6), row.formula


def formulas(op, *args: str) -> dict[str, str]:
    """The formulas of an operation and of its gradients."""
    return {row.symbol: row.formula for row in evaluated(row_of(op, *args), values((3, 4)))["rows"]}


def test_formulas_read_as_the_textbook_has_them() -> None:
    rows = formulas(LAYERNORM, "R", "ε", "γ", "β")
    assert rows["T"] == "T = layernorm(R, γ, β)"
    assert rows["dR"] == (
        "dR = (dx̂ − mean(dx̂) − x̂∘mean(dx̂∘x̂))/√(var(R) + ε), dx̂ = dT∘γ, x̂ = (R − mean(R))/√(var(R) + ε)"
    )
    assert rows["dγ"] == "dγ = colsum(dT∘x̂), x̂ = (R − mean(R))/√(var(R) + ε)"
    assert rows["dβ"] == "dβ = colsum(dT)"
    rows = formulas(RMSNORM, "R", "ε")
    assert rows["T"] == "T = rmsnorm(R)"
    assert rows["dR"] == "dR = (dT − x̂∘mean(dT∘x̂))/√(mean(R∘R) + ε), x̂ = R/√(mean(R∘R) + ε)"
    rows = formulas(L2NORM, "R")
    assert rows["dR"] == "dR = (dT − T∘rowsum(dT∘T))/√rowsum(R∘R)"
    rows = formulas(ROWSHARE, "R")
    assert rows["dR"] == "dR = (dT − rowsum(dT∘T))/rowsum(R)"


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("layernorm", [2.0, 2.0, 2.0], "the numbers of R[2] are all equal"),
        ("layernorm γ β", [0.1, 0.1, 0.1], "the numbers of R[2] are all equal"),
        ("layernorm", [0.1 + 0.2, 0.3, 0.3], "the numbers of R[2] are all equal"),
        ("rmsnorm", [0.0, 0.0, 0.0], "the numbers of R[2] are all 0"),
        ("rowshare", [1.0, 1.0, -2.0], "the numbers of R[2] add up to 0"),
        ("rowshare", [0.1, 0.2, -0.3], "the numbers of R[2] add up to 0"),
        ("rowshare", [0.0, 0.0, 0.0], "the numbers of R[2] add up to 0"),
    ],
)
def test_a_row_without_a_divisor_is_an_error_that_says_which(name: str, row: list[float], says: str) -> None:
    op, args, _ = OPS[name]
    given = values((2, 3), epsilon=0.0)
    given["R"] = np.array([[1.0, 2.0, 4.0], row])
    with strict(), pytest.raises(AttnError) as error:
        row_of(op, *args).compute(given)
    assert says in error.value.message
    assert error.value.hint
    given["R"] = given["R"][None].repeat(2, axis=0)
    with strict(), pytest.raises(AttnError, match=r"R\[1\]\[2\]"):
        row_of(op, *args).compute(given)


@pytest.mark.parametrize("name", ["layernorm", "layernorm γ β", "rmsnorm"])
def test_with_epsilon_a_row_of_zeros_is_0_and_beta(name: str) -> None:
    op, args, _ = OPS[name]
    given = values((2, 3))
    given["R"][1] = 0.0
    found = evaluated(row_of(op, *args), given)
    assert np.array_equal(found["T"][1], given["β"] if "β" in name else np.zeros(3))
    check_cells(row_of(op, *args), found)


def test_equal_numbers_leave_nothing_behind() -> None:
    found = evaluated(row_of(LAYERNORM, "R", "ε"), {"R": np.full((2, 3), 0.1), "ε": 1e-5})
    assert not found["T"].any()


def test_l2norm_keeps_a_row_of_zeros_and_no_gradient_goes_through_it() -> None:
    given = {"R": np.array([[3.0, 4.0], [0.0, 0.0]])}
    with strict():
        found = evaluated(row_of(L2NORM, "R"), given)
    assert np.allclose(found["T"], [[0.6, 0.8], [0, 0]], rtol=1e-15)
    assert not found["dR"][1].any()
    assert found["dR"][0].any()
    for row in found["rows"]:
        if row.symbol in {"T", "dR"}:
            check_cells(row, found)


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e306])
@pytest.mark.parametrize("name", ["layernorm", "rmsnorm", "l2norm", "rowshare"])
def test_very_large_and_very_small_numbers(name: str, size: float) -> None:
    op, args, _ = OPS[name]
    given = values((3, 4), epsilon=0.0)
    plain = row_of(op, *args).compute(given)
    with strict():
        given["R"] *= size
        row = row_of(op, *args)
        large = row.compute(given)
    assert np.allclose(large, plain, rtol=1e-12)
    check_cells(row, {**given, "T": large}, rtol=1e-12)


def test_too_large_a_sum_is_an_error_and_not_a_row_of_zeros() -> None:
    given = {"R": np.full((1, 4), 1e308), "ε": 1e-5}
    for name in ("layernorm", "rowshare"):
        op, args, _ = OPS[name]
        with strict(), pytest.raises(AttnError, match="too large"):
            row_of(op, *args).compute(given)


@pytest.mark.parametrize("common", [1e6, 1e9])
def test_a_large_common_mean_costs_no_digit_more_than_it_must(common: float) -> None:
    apart = np.array([[1.0, -2.0, 4.0, 7.0, 0.5]])
    given = {"R": common + apart, "ε": 1e-5}  # exact in binary
    expected = row_of(LAYERNORM, "R", "ε").compute({"R": apart, "ε": 1e-5})
    assert np.allclose(row_of(LAYERNORM, "R", "ε").compute(given), expected, rtol=1e-15, atol=1e-15)


def test_what_is_0_on_paper_is_shown_as_0() -> None:
    """Rounding leaves something in each of these: else they would show nothing."""
    rng = np.random.default_rng(0)
    r = np.array([[0.1, 0.2, 0.3], [0.7, 0.4, 0.1], [1.1, 3.3, 2.2]])
    for op, args in ((LAYERNORM, ("R", "ε")), (LAYERNORM, ("R", "ε", "γ"))):
        given = {"R": r, "ε": 1e-5, "γ": np.array([0.3, 0.7, 0.1])}
        plain, clean = evaluated(row_of(op, *args), given)["T"], shown(row_of(op, *args), given)["T"]
        assert (plain == 0).sum() < 3
        assert [*np.argwhere(clean == 0)[:, 1]] == [1, 1, 2]
    pairs = {"R": rng.normal(size=(50, 2)), "ε": 0.0, "γ": rng.normal(size=2)}
    single = {"R": rng.normal(size=(50, 1)), "ε": 0.0, "γ": rng.normal(size=1)}
    for op, args, given in (
        (LAYERNORM, ("R", "ε"), pairs),  # whose x̂ is −1 and 1 whatever they are
        (LAYERNORM, ("R", "ε", "γ"), pairs),
        (RMSNORM, ("R", "ε", "γ"), single),
        (L2NORM, ("R",), single),
        (ROWSHARE, ("R",), single),
    ):
        plain, clean = evaluated(row_of(op, *args), given), shown(row_of(op, *args), given)
        assert not clean["dR"].any()
        assert plain["dR"].any() or given is single


@pytest.mark.parametrize("name", OPS)
def test_little_is_taken_for_rounding(name: str) -> None:
    op, args, _ = OPS[name]
    given = values((4, 5))
    found = evaluated(row_of(op, *args), given)
    rows = {row.symbol: row for row in found["rows"]}
    errors = Errors(rows, found)
    for symbol in rows.keys() - {"L", "dT"}:
        assert (errors.noise(symbol) < 1e-13 * max(1, np.abs(found[symbol]).max())).all(), symbol
        assert (errors.noise(symbol) > 0).any()


@pytest.mark.parametrize(
    ("name", "arriving"),
    [("layernorm", "1"), ("layernorm", "x̂"), ("rmsnorm", "R"), ("l2norm", "R"), ("rowshare", "1")],
)
def test_a_gradient_that_changes_nothing_is_shown_as_0(name: str, arriving: str) -> None:
    """What every number of a row has in common, or what only makes the row longer, goes no further."""
    op, args, _ = OPS[name]
    given = values((40, 5), epsilon=0.0)
    along = {"1": np.ones((40, 5)), "R": given["R"], "x̂": LAYERNORM.value(given["R"], 0.0)}[arriving]
    given["U"] = along * np.linspace(0.1, 0.7, 40)[:, None]
    assert evaluated(row_of(op, *args), given)["dR"].any()
    assert not shown(row_of(op, *args), given)["dR"].any()


@pytest.mark.parametrize("name", ["layernorm", "rmsnorm"])
def test_very_small_numbers_beside_epsilon(name: str) -> None:
    op, args, _ = OPS[name]
    given = {"R": np.array([[3e-200, -1e-200, -2e-200]]), "ε": 0.25}
    with strict():
        found = row_of(op, *args).compute(given)
    assert np.allclose(found / 1e-200, [[6, -2, -4]], rtol=1e-14)
