"""The page itself, as text: it must read as the textbook does.

ATTNCLI_WRITE=1 writes the files anew; read them before you keep them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attncli.calculation import whole_page
from attncli.page.attention import Form

PAGES = Path(__file__).parent / "golden"
BIASES = frozenset({"bq", "bk", "bv", "bo"})
FORMS = {
    "single": (Form(), "bce", False),
    "multihead": (Form(heads=8, output_weights=True), "bce", False),
    "multihead-joined": (Form(heads=2, scale="c"), "mse", True),
    "masked": (Form(heads=2, masked=True, output_weights=True, biases=BIASES), "bce", True),
    "mask-added": (Form(masked=True, mask_added=True, scale=""), "ce", False),
    "cross": (Form(context=True), "ce", True),
    "cross-values": (Form(context=True, context_values=True, output_weights=True), "upstream", False),
    "sum": (Form(), "sum", True),
}


def as_text(form: Form, loss: str, *, mean: bool) -> str:
    page = whole_page(form, frozenset(), loss, mean=mean)
    return "\n".join(row.formula for row in page.rows) + "\n"


@pytest.mark.parametrize("name", FORMS)
def test_golden_page(name: str) -> None:
    form, loss, mean = FORMS[name]
    path = PAGES / f"{name}.txt"
    text = as_text(form, loss, mean=mean)
    if os.environ.get("ATTNCLI_WRITE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_given_rows_take_what_only_fed_them_off_the_page() -> None:
    page = whole_page(Form(), frozenset({"Q"}), "sum", mean=False)
    assert "Wq" not in page.reads
    assert "dQ" in page.row
    assert "dX_Q" not in page.row
    assert page.row["dX"].formula == "dX = dX_K + dX_V"
    page = whole_page(Form(), frozenset({"Q", "K"}), "sum", mean=False)
    assert page.row["dX"].formula == "dX = dV·Wvᵀ"


def test_no_quantity_has_two_names_or_two_values() -> None:
    for form, loss, mean in FORMS.values():
        page = whole_page(form, frozenset(), loss, mean=mean)
        symbols = [row.symbol for row in page.rows]
        assert len(set(symbols)) == len(symbols)
        for i, row in enumerate(page.rows):
            for symbol, _ in row.reads:
                assert symbol not in symbols[i:], f"{row.formula} reads what is not there yet"


def test_a_gradient_row_knows_its_quantity_and_its_path() -> None:
    page = whole_page(Form(), frozenset(), "bce", mean=False)
    assert {row.of for row in page.rows if not row.backward} == {""}
    for symbol, of, via in [("dX_Q", "X", "Q"), ("dX", "X", ""), ("dWq", "Wq", ""), ("dO", "O", "")]:
        assert (page.row[symbol].of, page.row[symbol].via) == (of, via)
    everything = {row.symbol for row in page.rows if not row.backward and row.symbol != "L"}
    assert everything < {row.of for row in page.rows}
