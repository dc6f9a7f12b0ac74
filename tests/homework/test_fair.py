"""Fair marks: honest work earns all, a mistake costs once, and what needed no work earns nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.homework.key import Key
from attncli.homework.marks import Mark, RowMark
from tests.support.homework_consistent import consistent
from tests.support.homework_honest import FLOAT32, KINDS, honest_sheets
from tests.support.homework_problems import HW
from tests.support.homework_sheets import Hand, marked, worked
from tests.support.homework_slips import slips
from tests.support.homework_trivial import trivial
from tests.support.pace import in_time

ARTICLE = attncli.load("article")
PAGE = attncli.backward(ARTICLE)
CONTEXT = {"tokens": ["a", "b", "c"]}
SMALL = attncli.Problem(Q=[[1, 2], [3, 0]], K=[[1, 0], [0, 1]], V=[[1, 0], [0, 1]], loss="sum")


def mark(answers: Mapping[str, Any], problem: attncli.Problem = ARTICLE) -> Mark:
    return attncli.check({"answers": answers}, problem)


def row(answers: Mapping[str, Any], symbol: str, problem: attncli.Problem = ARTICLE) -> RowMark:
    return next(row for row in mark(answers, problem).rows if row.symbol == symbol)


def ids(row: RowMark) -> list[str]:
    return [finding.id for finding in row.mistakes]


def rounded(decimals: int = 4) -> dict[str, Any]:
    hand = Hand(decimals)
    return worked(Key.of(ARTICLE), hand)


# Tolerance


def test_zeros_are_no_answer() -> None:
    problem = attncli.Problem(**HW)
    assert str(row({"dWq": [[0, 0], [0, 0], [0, 0]]}, "dWq", problem).verdict) == "wrong"
    found = mark({symbol: np.zeros(PAGE[symbol].shape, int).tolist() for symbol in PAGE.page.row})
    assert found.score == 0
    assert {str(row.verdict) for row in found.rows} == {"wrong"}
    assert not any(row.mistakes for row in found.rows)


def test_a_tolerance_is_at_most_a_twentieth_of_the_largest_number() -> None:
    right = PAGE["dWq"]
    answer = np.round(right, 1)
    found = row({"dWq": answer.tolist()}, "dWq")
    assert str(found.verdict) == "correct" or found.tolerance == pytest.approx(np.abs(right).max() / 20)
    coarse = row({"dWq": np.round(right).astype(int).tolist()}, "dWq")
    assert coarse.tolerance == pytest.approx(np.abs(right).max() / 20)
    assert str(coarse.verdict) == "wrong"


def test_whole_numbers_are_as_exact_as_they_are() -> None:
    assert str(row({"S": PAGE["S"].astype(int).tolist()}, "S").verdict) == "correct"


def test_an_array_is_as_exact_as_its_precision() -> None:
    single = {symbol: np.asarray(PAGE[symbol], np.float32) for symbol in PAGE.page.row}
    assert mark(single).score == len(single)
    off = {**single, "A": single["A"] * np.float32(1.001)}
    assert str(row(off, "A").verdict) == "wrong"
    assert str(row({"A": PAGE["A"].astype(np.float16)}, "A").verdict) == "correct"


def test_tolerances_may_be_asked_for() -> None:
    answers = {"answers": {"A": (PAGE["A"] * 1.01).tolist()}}
    assert str(attncli.check(answers, ARTICLE, rtol=0.02).verdict) == "correct"
    assert str(attncli.check(answers, ARTICLE, rtol=0.001).verdict) == "wrong"
    assert str(attncli.check(answers, ARTICLE, atol=0.02).verdict) == "correct"


@pytest.mark.parametrize("size", [-1, float("nan"), "x", True])
def test_a_tolerance_that_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(AttnError, match=r"rtol is .*; expected a number that is 0 or more"):
        attncli.check({"answers": {"L": 31.3}}, ARTICLE, rtol=size)


@pytest.mark.parametrize(
    ("texts", "right"),
    [
        (["12.3", "2.70", "0.0270"], [12.34, 2.7049, 0.02704]),  # three significant digits
        (["1.23e1", "2.70e0", "2.70e-2"], [12.34, 2.7049, 0.02704]),
        (["13900", "2.70", "0.027"], [13912, 2.7049, 0.02702]),
        (["12.3", "2.71", "0.027"], [12.34, 2.7149, 0.0274]),  # decimals that fall
        (["10.0", "9.99", "0.123"], [10.04, 9.9949, 0.1234]),
        (["-1.00", "0.123", "2.1"], [-1.004, 0.1234, 2.1]),
    ],
)
def test_rows_are_read_in_one_consistent_way(texts: list[str], right: list[float]) -> None:
    problem = attncli.Problem(
        Q=[right], K=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], V=[[1], [0], [0]], context=CONTEXT
    )
    assert str(row({"S": [texts]}, "S", problem).verdict) == "correct"
    for i in range(3):
        wrong = [float(text) * (1.02 if j == i else 1) for j, text in enumerate(texts)]
        off = [f"{number:.3g}" if j == i else texts[j] for j, number in enumerate(wrong)]
        assert str(row({"S": [off]}, "S", problem).verdict) == "wrong", off


# Ways of working


@pytest.mark.parametrize("decimals", [4, 2])
def test_honest_sheets_earn_everything(decimals: int) -> None:
    for sheet in honest_sheets(5, 6, decimals, [kind for kind in KINDS if kind not in FLOAT32]):
        assert sheet.full, (sheet.problem, sheet.kind, sheet.lost)
        assert not sheet.accused, (sheet.problem, sheet.kind, sheet.accused)


def test_rows_of_weights_may_be_made_to_sum_to_one() -> None:
    values = rounded(2)
    sums = np.round(values["A"].sum(axis=1), 2)
    assert (sums != 1).any()
    at = int(np.argmax(sums != 1))
    values["A"] = values["A"].copy()
    values["A"][at, values["A"][at].argmax()] += 1 - sums[at]
    key, hand = Key.of(ARTICLE), Hand(2)
    later = worked(key, hand, fixed={"A": values["A"]})
    found = marked(key, hand, later)
    assert found.score == found.max_score
    assert str(found.verdict) == "correct"
    later["A"][at, 0] += 0.02
    assert str(marked(key, hand, later).rows[5].verdict) == "wrong"


# What follows


def test_slips_and_what_should_stand_there_are_the_students_own() -> None:
    answers = {"Z": [["0.71", "1.41"], ["2.12", "0.00"]], "A": [["0.8928", "0.1072"], ["0.3318", "0.6682"]]}
    found = row(answers, "A", SMALL)
    assert "slip-rows-permuted" in ids(found)
    own = np.exp([0.71, 1.41]) / np.exp([0.71, 1.41]).sum()
    assert [cell.right for cell in found.wrong_cells[:2]] == pytest.approx(own.tolist(), abs=1e-12)


def test_a_slip_is_named_and_costs_one_row() -> None:
    sheets = [*slips(3, 4, 4)]
    assert len(sheets) > 50
    assert sum(sheet.named for sheet in sheets) / len(sheets) >= 0.95
    assert sum(sheet.fair for sheet in sheets) / len(sheets) >= 0.98


def test_a_given_that_was_copied_wrongly_costs_one_row() -> None:
    given = PAGE["X"].copy()
    given[2, 1] = 5
    weights = {name: PAGE[f"W{name.lower()}"] for name in "QKV"}
    answers = {name: (given @ weight).tolist() for name, weight in weights.items()}
    found = {row.symbol: row for row in mark(answers).rows}
    assert ids(found["Q"])[0] == "slip-copied"
    assert found["Q"].mistakes[0].detail == "5 in X: row 3, column 2"
    assert [str(found[name].verdict) for name in "KV"] == ["follow-through"] * 2
    assert not found["K"].mistakes


@pytest.mark.parametrize(
    "id_",
    ["scale-missing", "scale-by-dk", "softmax-columns", "softmax-base-2", "softmax-sigmoid", "loss-mean"],
)
def test_gradients_that_are_right_for_what_was_done_are_right(id_: str) -> None:
    sheets = [*consistent(5, 8, 4, [id_])]
    assert sheets
    for sheet in sheets:
        assert sheet.named, sheet.problem
        assert sheet.clean, (sheet.problem, sheet.elsewhere)
        assert sheet.fair, (sheet.problem, sheet.lost)


def test_a_trivial_sheet_passes_nothing() -> None:
    for sheet in trivial(5, 6, 4):
        assert not sheet.passed, (sheet.problem, sheet.kind, sheet.passed)


def test_an_identity_pays_for_nothing() -> None:
    values = {symbol: value.tolist() for symbol, value in rounded().items()}
    values["A"] = np.eye(9).tolist()
    gone = ("dZ", "dS", "dQ", "dK", "dWq", "dWk")
    values |= {symbol: np.zeros(PAGE[symbol].shape).tolist() for symbol in gone}
    found = {row.symbol: row for row in mark(values).rows}
    assert found["A"].points == 0
    assert not any(found[symbol].points for symbol in gone)


@pytest.mark.parametrize("how", ["sum", "cut", "scaled"])
def test_weights_that_do_not_sum_to_one_cost_one_row(how: str) -> None:
    key, hand = Key.of(ARTICLE), Hand(4)
    weights = rounded()["A"].copy()
    if how == "sum":
        weights[0, 0] += 0.1
    elif how == "cut":
        weights = np.trunc(PAGE["A"] * 1e4) / 1e4
    else:
        weights = (weights * 1.5).round(4)
    found = marked(key, hand, worked(key, hand, fixed={"A": weights}))
    assert [row.symbol for row in found.rows if row.points < row.max_points] == ["A"]


# Blanks, masks, weights as they are stored


def test_a_blank_cell_is_not_right() -> None:
    answer = PAGE["A"].round(4).tolist()
    answer[0][0] = None
    found = mark({"A": answer})
    assert str(found.verdict) == "blank"
    assert found.score == pytest.approx(80 / 81)


@pytest.mark.parametrize("hidden", ["-1e9", "-9999", "-inf", "−∞", None, "-1e30"])
def test_what_the_softmax_cannot_tell_from_infinity_is_that(hidden: str | None) -> None:
    problem = attncli.load("masked")
    values = attncli.forward(problem)["M"].round(4)
    answer = np.where(np.isneginf(values), hidden, values.astype(object)).tolist()
    assert str(row({"M": answer}, "M", problem).verdict) == "correct"
    answer[0][0][1] = "-2"
    assert str(row({"M": answer}, "M", problem).verdict) == "wrong"


def test_an_answer_of_any_shape_is_marked() -> None:
    problem = attncli.load("masked")
    flat = [1.0] * attncli.backward(problem)["dM"].size
    found = {row.symbol: row for row in mark({"dM": flat, "A": flat, "dQ": flat}, problem).rows}
    assert {str(row.verdict) for row in found.values()} == {"wrong"}


@pytest.mark.parametrize("d_k", [2, 3])
def test_a_gradient_may_stand_as_its_weight_does(d_k: int) -> None:
    random = np.random.default_rng(d_k)
    weights = {name: random.normal(size=(d_k, 3)) for name in ("Wq", "Wk", "Wv")}
    problem = attncli.Problem(X=random.normal(size=(4, 3)), **weights, weights="out-in", loss="sum")
    right = attncli.backward(problem)["dWq"]
    assert str(row({"dWq": right.T.round(4).tolist()}, "dWq", problem).verdict) == "correct"
    assert str(row({"dWq": right.round(4).tolist()}, "dWq", problem).verdict) == "correct"
    assert str(row({"dWq": (right.T + 0.1).round(4).tolist()}, "dWq", problem).verdict) == "wrong"


# The search


def test_the_search_for_mistakes_is_bounded_and_says_so() -> None:
    random = np.random.default_rng(1)
    drawn = {name: random.normal(size=(8, 8)) for name in ("Wq", "Wk", "Wv")}
    problem = attncli.Problem(X=random.normal(size=(30, 8)), **drawn, mask=True, target=[[1, 0] * 4] * 30)
    page = attncli.backward(problem)
    answers = {name: (page[name] * 1.3 + 0.1).round(3).tolist() for name in ("L", "dWq", "dWk", "dWv", "dX")}
    with in_time(250):
        found = mark(answers, problem)
    assert any("broken off after 2 s" in note for note in found.notes)
