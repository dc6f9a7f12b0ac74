"""What a result, a mark and an explanation are to those who work in Python: mappings, tables, HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import numpy as np
import pytest

import attncli
from attncli.page.tables import MOST, html_table, number_text, text_table
from attncli.show.numbers import alone

EYE = [[1, 0], [0, 1]]
NASTY = ["<script>alert(1)</script>", "b\x1b[31m&"]
PROBLEM = attncli.Problem(tokens=NASTY, X=EYE, Wq=EYE, Wk=EYE, Wv=EYE, heads=2, target=EYE)


class Tables(HTMLParser):
    """Reads the cells of tables; anything that is neither table nor layout is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.captions: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"table", "caption", "tr", "th", "td", "div", "b"}, tag
        assert {name for name, _ in attrs} <= {"style"}
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")
        elif tag == "caption":
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] == "caption":
            self.captions[-1] += data
        elif self.open[-1] in {"th", "td"}:
            self.rows[-1][-1] += data


def test_a_result_is_a_mapping_in_the_pages_order():
    result = attncli.backward(attncli.load("article"))
    assert isinstance(result, Mapping)
    assert "A" in result
    assert "nope" not in result
    assert 3 not in result
    symbols = list(result)
    assert symbols[:5] == ["X", "Wq", "Wk", "Wv", "Y"]
    assert symbols[5:] == [row.symbol for row in result.page.rows]
    assert len(result) == len(symbols) == len(dict(result))
    assert dict(result)["dWq"] is result["dWq"]
    assert [*result.keys()] == symbols == [symbol for symbol, _ in result.items()]
    assert all(a is b for a, b in zip(result.values(), result.values.values(), strict=True))
    assert result.get("nope") is None
    assert result.get("A") is result["A"]
    assert result == result  # noqa: PLR0124 - not cell by cell
    assert result != attncli.backward(attncli.load("article"))
    assert len({result}) == 1
    with pytest.raises(KeyError, match="nope; there are X, Wq"):
        result["nope"]


def test_only_what_was_wanted_is_in_it_in_the_same_order():
    result = attncli.forward(PROBLEM, only=["A", "X", "Q"])
    assert list(result) == ["X", "Q", "A"]
    assert "S" not in result


def test_a_result_shows_every_matrix_and_nothing_of_the_text_is_html():
    result = attncli.backward(PROBLEM)
    text = result._repr_html_()
    tables = Tables(text)
    assert "<script" not in text
    assert "\x1b" not in text
    captions = [result.formula(symbol) for symbol in result]
    shown = [re.sub(r", head \d$", "", caption) for caption in tables.captions]
    assert list(dict.fromkeys(shown)) == captions
    assert "A = softmax(Z), head 2" in tables.captions
    cells = [row for row in tables.rows if row[0] == NASTY[0]]
    assert [NASTY[0], "1", "0"] in cells
    assert [NASTY[0], "0.7311", "0.2689"] in cells


def test_a_large_matrix_shows_its_corners():
    large = attncli.forward(attncli.Problem(X=np.ones((300, 1)), Wq=[[1]], Wk=[[1]], Wv=[[1]]))
    text = large._repr_html_()
    rows = [row for row in Tables(text).rows if len(row) == MOST + 2]
    assert ["1", *["1"] * 6, "…", *["1"] * 6] in rows
    assert ["…"] * (MOST + 2) in rows
    assert rows[-1][0] == "300"
    assert len(text) < 100_000


def test_an_explanation_is_a_table_of_the_cell_and_what_it_was_made_from():
    result = attncli.forward(PROBLEM)
    text = result.explain("A[1][1,2]")._repr_html_()
    rows = Tables(text).rows
    assert rows[0] == ["cell", "formula", "with the numbers", "value"]
    assert rows[1][1:] == ["A = softmax(Z)", "e^0/(e^1 + e^0)", "0.2689"]
    assert [row[1] for row in rows[2:]] == ["Z = S/√d_k"] * 2
    assert "<script" not in text
    assert Tables(result.explain("X[1,1]")._repr_html_()).rows[1][1:] == ["X", "given", "1"]


def test_a_mark_is_a_short_table():
    answers = {"S": [[[1, 0], [0, 0]], [[0, 0], [0, 2]]], "Z<i>\x1b": 1}
    mark = attncli.check({"student": NASTY[0], "answers": answers}, PROBLEM)
    lines = str(mark).splitlines()
    assert lines[0] == f"{NASTY[0]}, Problem: 0.88 of 2 points, ✗ wrong"
    assert lines[2].split() == ["quantity", "verdict", "right", "cells", "points", "mistakes"]
    assert re.match(r"S +✗ wrong +7 of 8 ", lines[4])
    assert "\x1b" not in str(mark)
    html = mark._repr_html_()
    tables = Tables(html)
    assert tables.captions == lines[:1]
    assert tables.rows == [[cell.replace("\x1b", "\\x1b") for cell in row] for row in mark.table]
    assert "<script" not in html
    assert "\x1b" not in html


def test_tables_hold_text_as_text():
    assert text_table([["a", "b"], ["long one", ""], ["x\ny", "z"]]).splitlines() == [
        "a         b",
        "─" * 11,
        "long one",
        "x\\ny      z",
    ]
    assert html_table([["<a>"], ["&"]], '"<') == (
        '<table style="text-align: right"><caption>&quot;&lt;</caption>'
        '<tr><th style="text-align: left">&lt;a&gt;</th></tr>'
        '<tr><th style="text-align: left">&amp;</th></tr></table>'
    )


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 2.0, 1e20, 0.125, 2.675, -0.5, 1 / 3, 1e9 + 0.5, np.inf, -np.inf]
)
def test_numbers_are_those_of_the_screens(number: float):
    for decimals in (0, 2, 4):
        assert number_text(number, decimals) == alone(number, decimals)


def test_a_number_that_rounds_to_nothing_keeps_its_size():
    assert number_text(1e-7, 4) == "1.0000e-07"
    assert number_text(np.nan, 4) == "~"


def test_a_row_and_its_derivative_show_themselves_in_notebooks() -> None:
    result = attncli.forward(attncli.load("article"))
    row = Tables(result.explain("A[Death]")._repr_html_()).rows
    assert [line[0] for line in row[1:]] == ["z", "e^z", "Σe^z", "A"]
    assert [line[1] for line in row[1:]] == ["5.5000", "244.6919", "504.1413", "0.4854"]
    square = Tables(result.explain("(*)[Death]")._repr_html_()).rows
    assert square[0][1:] == [line[0] for line in square[1:]]
    assert square[1][1] == "0.2498"
    assert Tables(result.explain("Q[Death]")._repr_html_()).rows[1] == ["Q", "2", "0", "0", "1"]
