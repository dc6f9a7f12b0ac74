"""Sheets whose matrices lie: marked as their transposes are, and recognised where nobody said so."""

import json
from pathlib import Path

import numpy as np
import pytest

import attncli as library
from attncli.homework.policy import Policy
from tests.support.running import attncli

COLUMNS = ("layout=columns",)


def turned(value: object) -> object:
    found = np.array(value, object)
    return found.swapaxes(-1, -2).tolist() if found.ndim > 1 else value


def answers(name: str, *, lying: bool, decimals: int = 4) -> dict[str, object]:
    result = library.backward(library.load(name, COLUMNS if lying else ()))
    return {row.symbol: np.round(result[row.symbol], decimals).tolist() for row in result.rows}


def check(given: dict[str, object], name: str, *changes: str, **more: object) -> dict:
    return library.check({"answers": given}, library.load(name, changes), **more).to_dict()


@pytest.mark.parametrize("name", ["article", "multihead", "masked", "cross"])
def test_a_sheet_that_lies_is_right_under_columns(name: str) -> None:
    marked = check(answers(name, lying=True), name, *COLUMNS)
    assert (marked["verdict"], marked["score"]) == ("correct", marked["max_score"])
    assert marked["layout"] == "columns"
    assert "notes" not in marked


@pytest.mark.parametrize("name", ["article", "masked", "cross"])
@pytest.mark.parametrize("symbol", ["Q", "S", "A", "O", "dWq"])
def test_a_mistake_is_marked_as_its_transpose(name: str, symbol: str) -> None:
    upright, lying = answers(name, lying=False), answers(name, lying=True)
    found = np.array(upright[symbol])
    found[..., 0, 1] += 0.25
    found[..., 1, 0] = -found[..., 1, 0] - 1
    upright[symbol], lying[symbol] = found.tolist(), turned(found)
    one, other = check(upright, name), check(lying, name, *COLUMNS)
    assert one["score"] == other["score"]
    for row, lies in zip(one["rows"], other["rows"], strict=True):
        assert (row["symbol"], row["verdict"], row["right"]) == (
            lies["symbol"],
            lies["verdict"],
            lies["right"],
        )
        assert [mistake["id"] for mistake in row["mistakes"]] == [
            mistake["id"] for mistake in lies["mistakes"]
        ]
        cells = {(*cell["index"][:-2], *cell["index"][-2:][::-1]): cell for cell in lies["wrong_cells"]}
        assert {tuple(cell["index"]): (cell["yours"], cell["expected"]) for cell in row["wrong_cells"]} == {
            index: (cell["yours"], cell["expected"]) for index, cell in cells.items()
        }
        assert [cell["index"] for cell in lies["wrong_cells"]] == sorted(
            cell["index"] for cell in lies["wrong_cells"]
        )


def test_what_was_done_is_said_of_columns() -> None:
    result = library.backward(library.load("article", COLUMNS))
    powers = np.exp(result["Z"])
    given = {"Z": result["Z"].tolist(), "A": np.round(powers / powers.sum(axis=1, keepdims=True), 6).tolist()}
    (mistake,) = check(given, "article", *COLUMNS)["rows"][1]["mistakes"]
    assert mistake["id"] == "softmax-columns"
    assert mistake["formula"] == "A = softmax of each row of Z"
    assert "it goes down each column" in mistake["says"]
    (swapped,) = check({"S": result["S"].T.tolist()}, "article", *COLUMNS)["rows"][0]["mistakes"]
    assert (swapped["id"], swapped["formula"]) == ("scores-swapped", "S = Qᵀ·K")
    wrong = result["Z"].copy()
    wrong[2, 5] = 9
    (slip,) = check({"Z": wrong.tolist()}, "article", *COLUMNS)["rows"][0]["mistakes"]
    assert (slip["id"], slip["detail"]) == ("slip-one-cell", "column 6, row 3")


def test_a_wrong_shape_is_named_as_it_is_written() -> None:
    result = library.backward(library.load("article"))
    row = check({"Q": result["Q"].tolist()}, "article", *COLUMNS)["rows"][0]
    assert row["reason"] == "Q should be 4 × 9; this is 9 × 4"
    assert row["mistakes"][0]["id"] == "slip-transposed"


def test_blank_and_unreadable_cells_lie_too() -> None:
    given = {"A": answers("article", lying=True)["A"]}
    given["A"][1][4], given["A"][2][5] = "~", "abc"
    row = check(given, "article", *COLUMNS)["rows"][0]
    assert (row["verdict"], row["right"]) == ("unreadable", 79)
    assert [(cell["cell"], cell["yours"]) for cell in row["wrong_cells"]] == [("A[like,alway]", "abc")]


@pytest.mark.parametrize("name", ["article", "multihead", "masked", "cross"])
@pytest.mark.parametrize("lying", [True, False])
def test_a_sheet_that_fits_transposed_is_told_so(name: str, *, lying: bool) -> None:
    given = answers(name, lying=lying)
    layout = "layout: columns" if lying else "layout: rows"
    other = () if lying else COLUMNS
    marked = check(given, name, *other)
    assert marked["verdict"] == "wrong"
    assert [note for note in marked["notes"] if layout in note]
    auto = check(given, name, *other, layout="auto")
    assert (auto["verdict"], auto["score"]) == ("correct", auto["max_score"])
    assert auto.get("layout", "rows") == layout.removeprefix("layout: ")
    assert check(given, name, *other, layout="columns" if lying else "rows")["verdict"] == "correct"


@pytest.mark.parametrize("symbol", ["Q", "A", "dX"])
def test_one_matrix_is_enough_to_tell(symbol: str) -> None:
    given = {symbol: answers("article", lying=True)[symbol], "L": answers("article", lying=True)["L"]}
    assert "layout: columns" in check(given, "article")["notes"][0]
    assert check(given, "article", layout="auto")["verdict"] == "correct"


def test_other_sheets_are_not_told_so() -> None:
    given = answers("article", lying=False)
    given["S"] = turned(given["S"])
    assert "notes" not in check(given, "article")
    given = answers("article", lying=False)
    given["A"][0][0] = 0.9
    for layout in (None, "auto"):
        marked = check(given, "article", layout=layout)
        assert (marked["verdict"], marked.get("layout")) == ("wrong", None)
        assert "notes" not in marked


def test_the_command_marks_as_it_is_told(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    given = answers("article", lying=True)
    given["A"][1][4] = 0.9
    sheet.write_text(json.dumps({"answers": given}))
    plain = attncli("check", str(sheet), "article")
    assert "layout: columns" in plain.err
    auto = attncli("check", str(sheet), "article", "--layout", "auto")
    asked = attncli("check", str(sheet), "article", "--set", "layout=columns")
    assert auto.out == asked.out
    assert "attncli explain 'A[is,wind]' -c article --set layout=columns" in auto.out
    assert "dZ = A∘(dA − colsum(A∘dA))" not in plain.out
    assert attncli("check", str(sheet), "article", "--layout", "sideways").code == 2


def test_a_course_is_marked_as_each_sheet_fits(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    for name, lying in (("ann", True), ("bob", False)):
        (sheets / f"{name}.yaml").write_text(json.dumps({"answers": answers("article", lying=lying)}))
    out = tmp_path / "graded"
    assert attncli("grade", str(sheets), "article", "--out", str(out), "--layout", "auto").code == 0
    records = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [(one["student"], one["verdict"], one.get("layout")) for one in records] == [
        ("ann", "correct", "columns"),
        ("bob", "correct", None),
    ]


def test_a_key_is_another_one_where_sheets_lie() -> None:
    keys = {check({"L": 1}, "article", *changes)["key"] for changes in ((), COLUMNS)}
    assert len(keys) == 2


def test_a_policy_says_how_sheets_lie() -> None:
    given = answers("article", lying=True)
    assert check(given, "article", policy=Policy(layout="columns"))["verdict"] == "correct"
