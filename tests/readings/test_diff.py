"""``attncli diff``: which rows differ, where and by how much, and how far a change reaches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.readings.diff import difference, merge
from tests.support.running import attncli as run

EYE = [[1.0, 0.0], [0.0, 1.0]]
SMALL = {"tokens": ["a", "b"], "embeddings": EYE, "Wq": EYE, "Wk": EYE, "Wv": EYE, "target": [[1, 0], [0, 1]]}


def pages(
    *changes: str, name: str = "article", backward: bool = True
) -> tuple[attncli.Result, attncli.Result]:
    work_out = attncli.backward if backward else attncli.forward
    return work_out(attncli.load(name)), work_out(attncli.load(name, changes))


def test_nothing_differs() -> None:
    first, second = pages()
    assert difference(first, second).same
    outcome = run("diff", "article", "article")
    assert (outcome.code, outcome.err) == (0, "")
    assert "The same: 12 quantities" in outcome.out
    assert run("diff", "article", "--set", "heads=1", "--backward").code == 0


def test_how_far_one_number_reaches() -> None:
    first, second = pages("Wv[1,1]=0")
    found = difference(first, second)
    rows = {row.symbol: row for row in found.rows}
    assert not found.same
    changed = [row.symbol for row in found.rows if row.differs]
    # Wv has no part in Q, K, S, Z and A; nor in dV, where only dO and A go in
    assert changed[:5] == ["Wv", "V", "O", "P", "L"]
    assert {"X", "Wq", "Wk", "Q", "K", "S", "Z", "A", "Y", "√d_k"} == {
        s for s, row in rows.items() if not row.differs
    }
    assert (rows["Wv"].cells, rows["Wv"].of, rows["Wv"].cell, rows["Wv"].values) == (
        1,
        15,
        "Wv[1,1]",
        (1.0, 0.0),
    )
    assert rows["V"].cells == np.count_nonzero(first["X"][:, 0])
    off = np.abs(first["dWq"] - second["dWq"])
    assert rows["dWq"].largest == off.max() > 0
    assert rows["dWq"].index == np.unravel_index(off.argmax(), off.shape)
    assert rows["O"].cell.startswith("O[")
    assert rows["O"].cell.endswith(",1]")
    assert [row.symbol for row in found.rows if row.symbol in second.page.row] == [
        r.symbol for r in second.page.rows
    ]


def test_every_cell_that_differs_is_counted_and_the_largest_is_named() -> None:
    first, second = pages("mask=true", backward=False)
    found = difference(first, second)
    rows = {row.symbol: row for row in found.rows}
    assert found.only_second == ("M",)
    assert found.only_first == ()
    changed = first["A"] != second["A"]
    assert rows["A"].cells == changed.sum() == 72
    assert rows["A"].formulas == ("A = softmax(Z)", "A = softmax(M)")
    i, j = rows["A"].index
    words = first.problem.tokens
    assert rows["A"].cell == f"A[{words[i]},{words[j]}]"
    assert rows["A"].values == (first["A"][i, j], second["A"][i, j])
    assert rows["A"].largest == np.abs(first["A"] - second["A"]).max()


def test_an_infinity_that_comes_or_goes_differs() -> None:
    first, second = pages("mask=[true, {padding: [wind]}]", name="masked", backward=False)
    rows = {row.symbol: row for row in difference(first, second).rows}
    assert rows["M"].largest == np.inf
    assert rows["M"].cells == 2  # the only place of "wind" that the causal mask leaves: one a head
    assert "M[1][wind,wind]" in run("diff", "masked", "--set", "mask=[true, {padding: [wind]}]").out


def test_rounding_is_no_difference_but_anything_larger_is() -> None:
    problem = attncli.load("masked")
    other = {symbol: value for symbol, value in problem.givens.items() if symbol != "bk"}
    config = {**other, "heads": 2, "mask": True, "target": problem.target.values}
    first = attncli.backward(attncli.Problem(**config, bk=problem.givens["bk"]))
    second = attncli.backward(attncli.Problem(**config, bk=problem.givens["bk"] * (1 + 2e-16)))
    assert not [row.symbol for row in difference(first, second).rows if row.differs]
    third = attncli.backward(attncli.Problem(**config, bk=problem.givens["bk"] * (1 + 1e-11)))
    assert [row.symbol for row in difference(first, third).rows if row.differs][:2] == ["bk", "K"]
    assert not [row.symbol for row in difference(first, third, 1e-9).rows if row.differs]


def test_the_order_of_both_pages() -> None:
    assert merge(["X", "Q", "S", "A"], ["X", "Q", "Qh", "S", "M", "A"]) == ["X", "Q", "Qh", "S", "M", "A"]
    assert merge(["X", "Z", "O"], ["X", "M", "O"]) == ["X", "Z", "M", "O"]


def test_other_shapes_and_words(tmp_path: Path) -> None:
    for name, change in (("a", {}), ("b", {"Wv": [[1, 0, 2], [0, 1, 2]], "target": [[1, 0, 1]]})):
        (tmp_path / f"{name}.json").write_text(json.dumps(SMALL | change), encoding="utf-8")
    outcome = run("diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--backward")
    assert outcome.code == 1
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["Wv", "shape", "differs", "2", "×", "2", "→", "2", "×", "3"] in lines
    assert "Unchanged: X, Wq, Wk, √d_k, Q, K, S, Z, A" in outcome.out
    words = run("diff", "article", "--set", "sentence=a b c d e f g h i")
    assert words.code == 1
    assert "The words: Death is like" in words.out


def test_another_loss_is_another_page() -> None:
    outcome = run("diff", "article", "--set", "loss=mse", "--backward")
    assert outcome.code == 1
    assert "Only on the first page: P = σ(O), dP = (P−Y)/(P∘(1−P))" in " ".join(outcome.out.split())
    assert "Formula changed: L = −Σ[Y·ln P + (1−Y)·ln(1−P)] → L = Σ(O − Y)²" in " ".join(outcome.out.split())
    assert run("diff", "article", "--set", "loss=mse").code == 0  # the forward page is the same
    assert run("diff", "article", "--set", "loss=mse", "--loss", "bce").code == 0
    assert run("diff", "article", "--set", "reduction=mean", "--backward").code == 1


def test_the_screen() -> None:
    for columns in ("80", "120"):
        outcome = run("diff", "--set", "Wq[1,1]=0", "--backward", COLUMNS=columns)
        assert outcome.code == 1
        assert "using the built-in problem 'article'" in outcome.err
        lines = outcome.out.splitlines()
        assert lines[:2] == ["first: article", "second: article --set Wq[1,1]=0"]
        assert max(map(len, lines)) <= int(columns)
        table = [line.split() for line in lines]
        assert ["Wq", "1", "of", "20", "1", "Wq[1,1]", "1", "→", "0"] in table
        assert ["A", "36", "of", "81", "0.376", "A[Death,Death]", "0.4854", "→", "0.1097"] in table
        assert ["dV", "all", "of", "27", "0.431", "dV[Death,2]", "0.6296", "→", "0.1988"] in table


def test_small_differences_are_shown_with_the_digits_that_differ() -> None:
    outcome = run("diff", "article", "--set", "embeddings[1,1]=2.0000001")
    assert "2 → 2.00000010" in outcome.out


def test_narrow_and_ascii_screens_cut_nothing() -> None:
    arguments = ("diff", "article", "--set", "Wq[1,1]=0", "--ascii", "--quiet")
    narrow, wide = run(*arguments, COLUMNS="24"), run(*arguments, COLUMNS="200")
    assert narrow.out.isascii()
    for number in ("0.4854", "0.1097", "0.7458", "1.6617", "A[Death,Death]"):
        assert number in narrow.out
        assert number in wide.out
    assert all(len(line) <= 40 for line in narrow.out.splitlines())


def test_words_do_not_act_on_the_screen() -> None:
    config = json.dumps(SMALL | {"tokens": ["a\x1b[31m", "[bold]b"]})
    other = run("diff", "-", "article", stdin=config)
    assert other.code == 1
    assert "\x1b" not in other.out
    assert "[bold]b" in other.out


def test_json() -> None:
    outcome = run("diff", "masked", "--set", "mask=[true, {padding: [wind]}]", "--json")
    assert outcome.code == 1
    found = json.loads(outcome.out)
    assert (found["schema"], found["same"], found["first"]) == (1, False, "masked")
    rows = {row["symbol"]: row for row in found["rows"]}
    assert rows["M"]["largest"] == "inf"
    assert rows["M"]["index"] == [0, 4, 4]
    assert rows["M"]["values"][1] == "-inf"
    assert rows["Z"] == {
        "symbol": "Z", "differs": False, "formulas": ["Z = S/√d_k"] * 2, "shapes": [[2, 5, 5]] * 2,
        "cells": 0, "of": 50, "largest": 0, "cell": None, "index": [], "values": None,
    }  # fmt: skip
    same = json.loads(run("diff", "masked", "masked", "--json").out)
    assert same["same"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["article"], "there is only one problem to compare"),
        ([], "there is only one problem to compare"),
        (["-", "--set", "mask=true"], "standard input can be read only once"),
        (["article", "nowhere.yaml"], "there is no file 'nowhere.yaml'"),
        (["article", "--set", "hads=2"], "hads"),
        (["article", "masked", "--tolerance", "-1"], "--tolerance is -1"),
        (["article", "masked", "--json", "--decimals", "2"], "--decimals does not go with --json"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], says: str) -> None:
    outcome = run("diff", *arguments)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.out == ""


def test_both_are_rounded_on_the_way() -> None:
    change = ["--set", "X[Death,1]=2.004", "--json", "-q"]
    exact = json.loads(run("diff", "article", *change).out)
    rounded = json.loads(run("diff", "article", *change, "--round", "1").out)
    differing = [{row["symbol"] for row in record["rows"] if row["differs"]} for record in (exact, rounded)]
    assert {"X", "Q", "A"} <= differing[0]
    assert differing[1] == {"X"}
