"""Marking a sheet: verdicts, tolerances, follow-through and what it may not be used for."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

import attncli
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.marks import Mark, RowMark
from attncli.homework.policy import Policy, Tolerance
from attncli.homework.sheet import read_sheet
from tests.support.homework_sheets import Hand, worked

EYE = [[1, 0], [0, 1]]
SMALL = {
    "tokens": ["a", "b", "c"],
    "X": [[1, 0], [0, 1], [2, 1]],
    "Wq": EYE,
    "Wk": [[1, 1], [0, 1]],
    "loss": "sum",
}
HAND = Hand(4)


@pytest.fixture(scope="module")
def small() -> Key:
    return Key.of(attncli.Problem(**SMALL, Wv=[[0.3, 1], [2, 0.5]]))


@pytest.fixture(scope="module")
def article() -> Key:
    return Key.of(attncli.load("article"))


def check(key: Key, answers: Mapping[str, str], policy: Policy | None = None) -> Mark:
    text = "answers:\n" + "".join(f"  {symbol}: {rows}\n" for symbol, rows in answers.items())
    return mark(read_sheet(text.encode(), "sheet"), key, policy or Policy())


def rows(key: Key, answers: Mapping[str, str], policy: Policy | None = None) -> dict[str, RowMark]:
    return {row.symbol: row for row in check(key, answers, policy).rows}


def written(key: Key, **changed: str) -> dict[str, str]:
    """A right sheet of four decimals, with some rows written otherwise."""
    return {symbol: HAND.matrix(value.tolist()) for symbol, value in worked(key, HAND).items()} | changed


def one_number(value: float) -> Key:
    """A problem whose S is one number."""
    return Key.of(attncli.Problem(X=[[1.0]], Wq=[[value]], Wk=[[1.0]], Wv=[[1.0]], loss="sum"))


def test_a_mark_can_be_sent_to_another_process(small: Key) -> None:
    marked = check(small, written(small))
    assert marked.key.startswith("sha256:")
    assert pickle.loads(pickle.dumps(marked)).to_dict() == marked.to_dict()  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("right", "yours", "tolerance", "verdict"),
    [
        (46.0, "45.8", Tolerance(atol=0.2), "correct"),
        (46.0, "46.2", Tolerance(atol=0.2), "correct"),
        (46.0, "45.79", Tolerance(atol=0.2), "wrong"),
        (0.125, "0.13", Tolerance(), "correct"),
        (0.125, "0.12", Tolerance(), "correct"),
        (0.12503, "0.12", Tolerance(), "wrong"),
        (2.675, "2.68", Tolerance(), "correct"),
        (2.675, "2.67", Tolerance(), "correct"),
        (0.3333, "0.3", Tolerance(), "correct"),
        (0.3333, "0.30", Tolerance(), "wrong"),
        (0.3333, "0.3", Tolerance(decimals=2), "wrong"),
        (0.3333, "0.33", Tolerance(decimals=2), "correct"),
        (1234.0, "1230", Tolerance(significant=3), "correct"),
        (1234.0, "1235", Tolerance(significant=3), "correct"),
        (1234.0, "1240", Tolerance(significant=3), "wrong"),
        (0.001234, "0.00123", Tolerance(significant=3), "correct"),
        (0.001234, "0.0012", Tolerance(significant=3), "wrong"),
        (1000.0, "1005", Tolerance(significant=3), "correct"),
        (200.0, "202", Tolerance(rtol=0.01), "correct"),
        (200.0, "202.5", Tolerance(rtol=0.01), "wrong"),
        (200.0, "202.5", Tolerance(rtol=0.01, atol=0.5), "correct"),
        (0.5, "1/2", Tolerance(), "correct"),
        (0.3333, "1/3", Tolerance(), "wrong"),
        (0.3333, "1/3", Tolerance(decimals=4), "correct"),
    ],
)
def test_the_boundary_of_every_tolerance_is_right(
    right: float, yours: str, tolerance: Tolerance, verdict: str
) -> None:
    assert rows(one_number(right), {"Q": f"[[{yours}]]"}, Policy(tolerance))["Q"].verdict == verdict


def test_one_cell_of_a_row_decides_how_many_decimals_were_written(small: Key) -> None:
    row = rows(small, {"A": "[[0.5, 0.25, 0.3], [0.1, 0.2, 0.70], [0, 0.02, 1]]"})["A"]
    assert row.tolerance == 0.005


def test_a_huge_number_does_not_make_room_for_the_others(small: Key) -> None:
    row = rows(small, {"S": "[[1e300, 7, 7], [7, 7, 7], [7, 7, 7]]"})["S"]
    assert (row.verdict, row.right) == ("wrong", 1)
    huge = "[[-1.7e308, 1.7e308, 1.7e308], [1.7e308, 0, 0], [1.7e308, 0, 0]]"
    assert check(small, written(small, S=huge, A=huge)).verdict == "wrong"


def test_blank_cells_are_neither_wrong_nor_right(small: Key) -> None:
    row = rows(small, {"S": "[[1, ~, 2], [1, ?, 3], [3, 1, 7]]"})["S"]
    want = np.array([[1, 0, 2], [1, 1, 3], [3, 1, 7]])
    assert np.array_equal(want, small.values["S"])
    assert (row.verdict, row.right, row.cells, row.wrong_cells) == ("blank", 7, 9, ())
    assert row.points == pytest.approx(7 / 9)
    row = rows(small, {"S": "[[~, ~, ~], [~, ~, ~], [~, ~, ~]]"})["S"]
    assert (row.verdict, row.points) == ("blank", 0)


def test_what_follows_is_worked_out_through_blank_cells(small: Key) -> None:
    answers = written(small, S="[[1, 0, 2], [1, 1, 3], [3, ~, 7]]")
    found = rows(small, answers)
    assert found.pop("S").verdict == "blank"
    assert all(row.verdict == "correct" for row in found.values())


def test_minus_infinity_is_a_number_in_m_alone() -> None:
    key = Key.of(attncli.Problem(**SMALL, Wv=EYE, mask=True))
    right = written(key)
    assert check(key, right).verdict == "correct"
    m, z = right["M"].replace('"-inf"', "−∞", 1), right["Z"].replace("0.0000", "-inf", 1)
    found = rows(key, right | {"M": m, "Z": z})
    assert (found["M"].verdict, found["Z"].verdict) == ("correct", "unreadable")
    row = rows(key, {"M": right["M"].replace('"-inf"', "0", 1)})["M"]
    assert [cell.cell for cell in row.wrong_cells] == ["M[a,b]"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("[[1, 0], [1, 1], [3, 1]]", "wrong"),
        ("[[1, 0, 2], [1, 1, 3]]", "wrong"),
        ("7", "wrong"),
        ("[[1, 0, 2], [1, 1], [3, 1, 7]]", "unreadable"),
        ("[[1, 0, x], [1, 1, 3], [3, 1, 7]]", "unreadable"),
        ("[[1, 0, nan], [1, 1, 3], [3, 1, 7]]", "unreadable"),
        ("{a: 1}", "unreadable"),
    ],
)
def test_a_wrong_shape_is_wrong_and_what_is_no_matrix_unreadable(
    small: Key, answer: str, verdict: str
) -> None:
    mark = check(small, written(small, S=answer))
    found = {row.symbol: row for row in mark.rows}
    assert found["S"].verdict == verdict
    assert found["S"].points < 1
    # the key's value stands in for it, or for the cell that cannot be read: the rest is right
    assert {row.verdict for symbol, row in found.items() if symbol != "S"} == {"correct"}


def test_what_follows_from_a_wrong_row_earns_its_share(small: Key) -> None:
    wrong = np.array([[1, 0, 2], [1, 1, 3], [3, 1, 8]])  # one sum wrong
    z = wrong / np.sqrt(2)
    answers = {"S": HAND.matrix(wrong.tolist()), "Z": HAND.matrix(z.tolist())}
    for share in (1.0, 0.5, 0.0):
        found = rows(small, answers, Policy(follow_through=share))
        assert (found["S"].verdict, found["S"].right) == ("wrong", 8)
        assert (found["Z"].verdict, found["Z"].points) == ("follow-through", share)
    # who went back to the right numbers is right, whatever the share
    found = rows(small, answers | {"Z": HAND.matrix(small.values["Z"].tolist())}, Policy(follow_through=0.0))
    assert (found["Z"].verdict, found["Z"].points) == ("correct", 1)


@pytest.mark.parametrize(
    "trivial", ["[[0, 0, 0], [0, 0, 0], [0, 0, 0]]", "[[5, 5, 5], [5, 5, 5], [5, 5, 5]]"]
)
def test_a_trivial_answer_earns_nothing_further_on(small: Key, trivial: str) -> None:
    third = "[[0.3333, 0.3333, 0.3333], [0.3333, 0.3333, 0.3333], [0.3333, 0.3333, 0.3333]]"
    zero = trivial.replace("5", "3.5355")
    found = rows(small, {"S": trivial, "Z": zero, "A": third})
    assert {row.verdict for row in found.values()} == {"wrong"}
    assert found["A"].right < 3


def test_weights_that_do_not_sum_to_one_cost_one_row(small: Key) -> None:
    weights = [[0.9, 0.4, 0.0], *small.values["A"][1:].tolist()]
    output = np.array(weights) @ small.values["V"]
    found = rows(small, {"A": HAND.matrix(weights), "O": HAND.matrix(output.tolist())})
    assert found["A"].verdict == "wrong"
    assert (found["O"].verdict, found["O"].points) == ("follow-through", 1)


def test_a_known_mistake_is_gone_on_from_whatever_its_rows_sum_to(small: Key) -> None:
    powers = np.exp(small.values["Z"])
    output = powers @ small.values["V"]
    found = rows(small, {"A": Hand(6).matrix(powers.tolist()), "O": HAND.matrix(output.tolist())})
    assert [one.id for one in found["A"].mistakes] == ["softmax-not-normalised"]
    assert found["O"].verdict == "follow-through"


def test_a_loss_may_be_worked_out_from_p_or_from_o(article: Key) -> None:
    hand = Hand(2)
    values = worked(article, hand)
    o, y = values["O"], article.given["Y"]
    p = 1 / (1 + np.exp(-o))
    from_o = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum()
    q = values["P"]
    from_p = -(y * np.log(q) + (1 - y) * np.log(1 - q)).sum()
    assert abs(from_o - from_p) > 0.01
    assert abs(from_o - article.values["L"]) > 0.0005
    answers = {name: hand.matrix(values[name].tolist()) for name in ("O", "P")}
    for loss in (from_o, from_p):
        assert rows(article, answers | {"L": f"{loss:.4f}"})["L"].verdict == "correct"
    assert rows(article, answers | {"L": f"{from_o + 0.02:.4f}"})["L"].verdict == "wrong"


def test_rows_that_are_due_count_and_others_do_not(small: Key) -> None:
    policy = Policy(due=("S", "A"), points={"S": 3.0}, ignored=frozenset({"Q"}))
    mark = check(
        small, {"Q": "[[9, 9], [9, 9], [9, 9]]", "S": HAND.matrix(small.values["S"].tolist())}, policy
    )
    assert [(row.symbol, str(row.verdict), row.points, row.max_points) for row in mark.rows] == [
        ("S", "correct", 3.0, 3.0),
        ("A", "blank", 0.0, 1.0),
    ]
    assert (mark.score, mark.max_score, mark.verdict) == (3.0, 4.0, "blank")


def test_a_named_mistake_earns_what_the_rubric_leaves_it(small: Key) -> None:
    answers = {"Z": HAND.matrix(small.values["S"].tolist())}
    assert rows(small, answers)["Z"].points == pytest.approx(1 / 9)  # the 0 is right either way
    assert rows(small, answers, Policy(mistakes={"scale-missing": 0.5}))["Z"].points == 0.5


def test_a_wrong_cell_is_told_with_what_should_stand_there(small: Key) -> None:
    mark = check(small, {"S": "[[1, 0, 2], [1, 1, 3], [3, 1, 7.5]]"})
    assert mark.to_dict()["rows"][0]["wrong_cells"] == [
        {"cell": "S[c,c]", "index": [2, 2], "yours": "7.5", "expected": 7}
    ]
    assert "expected" not in str(mark.to_dict(student=True))
    assert mark.to_dict(student=True, hint="none")["rows"][0]["wrong_cells"] == []


def test_an_answer_to_no_row_is_told_and_a_given_is_not_marked(small: Key) -> None:
    mark = check(small, {"SS": "1", "X": "[[1, 0]]"})
    assert [(row.symbol, str(row.verdict)) for row in mark.rows] == [("SS", "unreadable")]
    assert "S" in mark.rows[0].says
    assert len(mark.notes) == 1
