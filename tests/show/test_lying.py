"""Screens, records and exports of a problem that lies: those with tokens as rows, on their side."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

import attncli as library
from tests.support.running import attncli

COLUMNS = ("--set", "layout=columns")


def run(*arguments: str) -> str:
    outcome = attncli(*arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out


def record(*arguments: str) -> dict:
    return json.loads(run(*arguments, "--json"))


def turned(value: object) -> object:
    found = np.array(value, object)
    return found.swapaxes(-1, -2).tolist() if found.ndim > 1 else value


@pytest.mark.parametrize("config", ["article", "multihead", "masked", "cross"])
def test_the_record_holds_the_transposes(config: str) -> None:
    upright, lying = (record("backward", config, *more) for more in ((), COLUMNS))
    assert lying["layout"] == "columns"
    assert "layout" not in upright
    assert lying["values"] == {symbol: turned(value) for symbol, value in upright["values"].items()}
    assert [row["shape"] for row in lying["rows"]] == [
        [*row["shape"][:-2], *row["shape"][-2:][::-1]] for row in upright["rows"]
    ]
    formulas = {row["symbol"]: row["formula"] for row in lying["rows"]}
    assert formulas["S"] in {"S = Kᵀ·Q", "S = Khᵀ·Qh"}
    assert formulas["dWq"] == "dWq = dQ·Xᵀ"


def test_the_screen_has_tokens_as_columns_and_the_largest_of_each() -> None:
    screen = run("forward", "article", "--only", "X,Q,A", *COLUMNS)
    assert "layout: columns" in screen
    assert re.search(r"Q = Wq·X\n\s*4 × 9", screen) or "Q = Wq·X   4 × 9" in screen
    lines = screen[screen.index("A = softmax(Z)") :].splitlines()[3:12]
    weights = library.forward(library.load("article", ("layout=columns",)))["A"]
    marks = [[cell.startswith("▸") for cell in re.findall(r"▸?\d\.\d+", line)] for line in lines]
    assert marks == (weights == weights.max(axis=0)).tolist()


def test_exports_lie(tmp_path: Path) -> None:
    rows = list(
        csv.reader(io.StringIO(run("forward", "article", "--only", "Q", "--format", "csv", *COLUMNS)))
    )
    assert rows[0][:3] == ["Q", "Death", "is"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4"]
    run("backward", "cross", "--format", "npz", "-o", str(tmp_path / "x.npz"), *COLUMNS)
    upright = library.backward(library.load("cross"))
    with np.load(tmp_path / "x.npz") as arrays:
        assert np.array_equal(arrays["dWq"], upright["dWq"].T)
    assert "K^{\\top} Q" in run("forward", "article", "--only", "S", "--format", "latex", *COLUMNS)
    assert "S = Kᵀ·Q" in run("forward", "article", "--only", "S", "--format", "markdown", *COLUMNS)


@pytest.mark.parametrize(
    ("cell", "upright"),
    [
        ("S[wind,Death]", "S[Death,wind]"),
        ("A[is,Death]", "A[Death,is]"),
        ("dA[is,Death]", "dA[Death,is]"),
        ("Q[3,wind]", "Q[wind,3]"),
        ("dWq[4,2]", "dWq[2,4]"),
        ("L", "L"),
    ],
)
def test_a_cell_is_explained_as_it_is_shown(cell: str, upright: str) -> None:
    lying, other = (
        record("explain", cell, "-c", "article", *COLUMNS),
        record("explain", upright, "-c", "article"),
    )
    assert (lying["cell"], lying["value"]) == (cell, pytest.approx(other["value"]))
    assert lying["index"] == other["index"][::-1]
    functions = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt}
    found = eval(lying["expression"], functions)  # noqa: S307 - that is the contract
    assert found == pytest.approx(lying["value"])
    assert sorted(one["value"] for one in lying["from"]) == sorted(one["value"] for one in other["from"])
    values = library.backward(library.load("article", ("layout=columns",)))
    for one in lying["from"]:
        symbol = one["cell"].partition("[")[0]
        assert values[symbol][tuple(one["index"])] == pytest.approx(one["value"])


def test_heads_and_masks_are_explained_lying() -> None:
    said = run("explain", "M[2][3,2]", "M[2][2,3]", "-c", "masked", *COLUMNS)
    upright = run("explain", "M[2][2,3]", "-c", "masked")
    assert "row 2 (is) may not look at column 3 (like)" in upright
    assert "column 2 (is) may not look at row 3 (like)" in said
    assert said.count("may not look") == 1


def test_the_softmax_goes_down_a_column() -> None:
    lying, upright = (
        record("explain", "A[Death]", "-c", "article", *COLUMNS),
        record("explain", "A[Death]", "-c", "article"),
    )
    assert lying["steps"] == upright["steps"]
    assert lying["value"] == upright["value"]
    assert [one["cell"] for one in lying["from"]][:2] == ["A[Death,Death]", "A[is,Death]"]
    star, other = (record("explain", "(*)[wind]", "-c", "article", *more) for more in (COLUMNS, ()))
    assert star["value"] == other["value"]
    assert list(star["use"]) == ["dA", "(*)·dA", "dZ"]
    words = run("explain", "A", "-c", "article", *COLUMNS)
    assert "Each column sums to 1." in words
    assert "column i says how token i divides its attention" in words


def test_the_working_names_rows_and_columns() -> None:
    said = run(
        "explain",
        "Q[1,Death]",
        "S[wind,Death]",
        "Q[Death]",
        "dZ[wind,Death]",
        "-c",
        "article",
        "--width",
        "200",
        *COLUMNS,
    )
    assert "Q[1,Death] = Wq[1,·]·X[·,Death] = 1·2 + 0·1" in said
    assert "S[wind,Death] = K[·,wind]·Q[·,Death] = 4·2 + 0·0" in said
    assert "Q[Death] = Wq·X[·,Death]" in said
    assert "∂A[wind,Death]/∂Z[wind,Death]" in said
    assert "Σ (*)·dA" in said


def test_other_readings_lie() -> None:
    assert "dWq  = dQ·Xᵀ" in run("formulas", "article", "--backward", *COLUMNS)
    assert re.search(r"S = Kᵀ·Q .*d_k|S = Kᵀ·Q", run("graph", "article", *COLUMNS))
    sizes = {row["symbol"]: row["letters"] for row in record("shapes", "cross", *COLUMNS)["rows"]}
    assert (sizes["X"], sizes["S"], sizes["Wq"]) == (["d_model", "n"], ["m", "n"], ["d_k", "d_model"])
    counts = [record("shapes", "cross", *more)["multiply_adds"]["total"] for more in ((), COLUMNS)]
    assert counts[0] == counts[1]
    checked = record("gradcheck", "masked", *COLUMNS)
    assert all(row["agrees"] for row in checked["rows"])
    assert record("diff", "article", *COLUMNS)["same"]


def test_training_goes_the_same_way_and_is_written_lying(tmp_path: Path) -> None:
    file = tmp_path / "trained.yaml"
    lying = record("train", "article", "--steps", "3", "--out", str(file), *COLUMNS)
    upright = record("train", "article", "--steps", "3")
    assert lying["losses"] == upright["losses"]
    assert lying["values"] == {symbol: turned(value) for symbol, value in upright["values"].items()}
    assert record("forward", str(file))["values"]["Wq"] == lying["values"]["Wq"]


def test_a_change_that_diagnose_names_is_one_of_a_cell_as_it_is_shown() -> None:
    spots = record("diagnose", "tiny", *COLUMNS)["blind_spots"]
    upright = record("diagnose", "tiny")["blind_spots"]
    cells = [re.findall(r"\[(\d),(\d)\]", spot["change"]) for spot in spots]
    assert cells == [
        [pair[::-1] for pair in re.findall(r"\[(\d),(\d)\]", spot["change"])] for spot in upright
    ]
