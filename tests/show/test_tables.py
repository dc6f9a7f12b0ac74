"""Whole screens at fixed widths, and what every screen must keep: no digit cut at any width.

After a wanted change, write them anew with ATTNCLI_WRITE_SCREENS=1 pytest tests/show/test_tables.py
and read the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import attncli as library
from attncli.page.attention import Form
from attncli.page.chain_rule import whole_page
from attncli.show.display import Display
from attncli.show.entry import COLORS, symbol_style
from attncli.show.glossary import GLOSSARY, meaning
from attncli.show.matrix import MOST, View, blocks, matrix_view, split
from attncli.show.numbers import SIGNS, needs_exponent, written
from attncli.show.page import page
from attncli.show.terminal import text_of
from tests.support.running import attncli

SCREENS = Path(__file__).parent / "screens"
WORDS = {"tokens": [f"word{i}" for i in range(30)]}
WIDE = [[round(np.sin(i * j + i), 3) for j in range(3)] for i in range(30)]
WEIGHTS = [[1, 0], [0, 1], [1, 1]]
THIRTY = {**WORDS, "embeddings": WIDE, "Wq": WEIGHTS, "Wk": WEIGHTS, "Wv": WEIGHTS}
MIXED = {
    "tokens": ["a", "b", "c"],
    "given": {
        "Q": [[1, 0], [-3, 1e-9], [0.1, 0.25]],
        "K": [[1, 0], [1e-9, 1], [2, -1]],
        "V": [[1e300, 1e-9, 3], [-1e-9, 1234567.125, -2], [-5, 1e-12, 7]],
    },
    "mask": [[1, 1, 0], [0, 0, 0], [1, 1, 1]],
    "loss": "sum",
}
CASES = {
    "article-80": ("forward", "article"),
    "article-40": ("forward", "article", "--width", "40"),
    "article-backward-80": ("backward", "article"),
    "article-backward-20": ("backward", "article", "--width", "20", "--only", "Y,P,L,dO,dX"),
    "article-backward-all-120": ("backward", "article", "--all", "--width", "120"),
    "article-ascii-80": ("forward", "article", "--ascii"),
    "article-quiet": ("forward", "article", "--quiet", "--only", "Q,A", "--decimals", "2"),
    "article-plain": ("forward", "article", "--plain", "--only", "K,A", "--decimals", "full"),
    "article-colour": ("forward", "article", "--only", "A", "--color", "always", "--decimals", "2"),
    "multihead-120": ("forward", "multihead", "--only", "Qh,A,O", "--width", "120", "--decimals", "2"),
    "multihead-head-2": ("forward", "multihead", "--only", "A", "--head", "2"),
    "masked-80": ("forward", "masked"),
    "masked-backward-200": ("backward", "masked", "--width", "200"),
    "cross-80": ("forward", "cross"),
    "thirty-80": ("forward", "-", "--only", "X,A"),
    "mixed-80": ("forward", "-", "--only", "V,A,M"),
    "mixed-full-80": ("forward", "-", "--only", "V,A", "--decimals", "full"),
}
STDIN = {"thirty": THIRTY, "mixed": MIXED}


@pytest.mark.parametrize("name", CASES)
def test_the_screen_is_the_one_that_was_looked_at(name: str):
    problem = STDIN.get(name.partition("-")[0])
    outcome = attncli(*CASES[name], stdin=json.dumps(problem))
    assert outcome.code == 0
    file = SCREENS / f"{name}.txt"
    if "ATTNCLI_WRITE_SCREENS" in os.environ:
        file.parent.mkdir(exist_ok=True)
        file.write_text(outcome.out, encoding="utf-8")
    assert outcome.out == file.read_text(encoding="utf-8")


def test_every_screen_is_of_some_case():
    assert {file.stem for file in SCREENS.glob("*.txt")} == set(CASES)


def read_back(screen: str) -> list[list[str]]:
    """Put the blocks of columns of a matrix with counted rows side by side again."""
    rows: dict[str, list[str]] = {}
    for block in screen.split("\n\n"):
        lines = block.split("\n")
        (rule,) = (i for i, line in enumerate(lines) if line and set(line) <= {"─", "-"})
        for line in lines[rule + 1 :]:
            name, *numbers = line.split()
            rows.setdefault(name, []).extend(numbers)
    return list(rows.values())


numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e4, 1e4),
    st.floats(-1e-3, 1e-3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 0.125, -0.00005, 1e300, 1e-300, 999999999.9999, -1e15]),
)


@settings(deadline=None, max_examples=150)
@given(
    data=st.data(),
    n=st.integers(1, 6),
    m=st.integers(1, 12),
    width=st.integers(20, 200),
    decimals=st.sampled_from([0, 1, 2, 4, 8, 15, -1]),
    ascii_only=st.booleans(),
)
def test_no_digit_is_cut_at_any_width(
    data: st.DataObject, n: int, m: int, width: int, decimals: int, *, ascii_only: bool
):
    matrix = np.array(data.draw(st.lists(st.lists(numbers, min_size=m, max_size=m), min_size=n, max_size=n)))
    problem = library.load({"given": {"Q": [[1]] * n, "K": [[1]] * n, "V": matrix.tolist()}})
    result = library.forward(problem, only=["V"])
    shown = Display(width, decimals, ascii_only=ascii_only)
    text = text_of(page(result, ["V"], shown, quiet=True), width=width, ascii_only=ascii_only)
    scientific = needs_exponent(matrix, decimals)
    cells = [[shown.fit(written(x, decimals, scientific=scientific)) for x in row] for row in matrix.tolist()]
    assert read_back(text.rstrip("\n")) == cells
    label = 1
    widest = max(len(cell) for row in cells for cell in row)
    for line in text.split("\n"):
        assert cell_len(line) <= width or cell_len(line) <= 2 + label + 2 * widest


@settings(deadline=None, max_examples=100)
@given(widths=st.lists(st.integers(1, 30), min_size=1, max_size=30), room=st.integers(1, 100))
def test_blocks_hold_every_column_once_and_fit(widths: list[int], room: int):
    found = split(widths, room)
    assert [j for block in found for j in block] == list(range(len(widths)))
    for block in found:
        assert block
        assert len(block) == 1 or sum(widths[j] for j in block) <= room


def view(columns: list[str], *, marked: bool = False) -> View:
    largest = [[True] * len(columns)] if marked else None
    return View(["a"], columns, [["1" * len(name) for name in columns]], None, largest)


@pytest.mark.parametrize(
    ("width", "marked", "expected"),
    [
        (13, False, ([range(3)], 2)),
        (12, False, ([range(3)], 1)),
        (10, False, ([range(3)], 1)),
        (9, False, ([range(2), range(2, 3)], 2)),
        (8, False, ([range(2), range(2, 3)], 1)),
        (13, True, ([range(3)], 1)),
        (12, True, ([range(2), range(2, 3)], 1)),
    ],
)
def test_columns_move_together_where_that_saves_a_block(
    width: int, expected: tuple[list[range], int], *, marked: bool
):
    assert blocks(view(["11", "22", "33"], marked=marked), width) == expected


@pytest.mark.parametrize(("n", "m"), [(MOST, MOST), (MOST + 1, 2), (2, MOST + 1), (100, 300)])
@pytest.mark.parametrize("full", [False, True])
def test_a_large_matrix_shows_its_corners_and_says_so(n: int, m: int, *, full: bool):
    values = np.arange(n * m, dtype=float).reshape(n, m)
    shown = matrix_view(values, None, None, Display(80, 4, full))
    cut_down, cut_across = n > MOST and not full, m > MOST and not full
    assert shown.hidden == (f"the corners of {n} × {m}; --full shows all" if cut_down or cut_across else "")
    assert len(shown.rows) == (9 if cut_down else n)
    assert len(shown.columns) == (9 if cut_across else m)
    assert shown.cells[0][0].strip() == "0"
    assert shown.cells[-1][-1].strip() == str(n * m - 1)
    assert shown.rows[-1].strip() == str(n)
    assert any("⋮" in name for name in shown.rows) is cut_down
    assert any("⋯" in name for name in shown.columns) is cut_across


def test_what_is_not_shown_decides_nothing():
    values = np.full((50, 50), 1e-9)
    values[20, 20] = 1.0
    shown = matrix_view(values, None, None, Display(80, 2))
    assert shown.cells[0][0] == "1.00e-09"


def test_the_largest_of_each_row_are_marked_ties_and_all():
    values = np.array([[0.2, 0.4, 0.4], [0, 0, 0], [1 / 3, 1 / 3, 1 / 3 - 1e-17]])
    shown = matrix_view(values, None, None, Display(80, 4), peak=0.4)
    assert shown.largest == [[False, True, True], [False] * 3, [True] * 3]
    assert shown.heat is not None
    assert np.allclose(shown.heat, values / 0.4)


def test_a_matrix_of_zeros_has_no_shade():
    shown = matrix_view(np.zeros((2, 2)), None, None, Display(80, 4), peak=0.0)
    assert shown.heat is not None
    assert not shown.heat.any()


def test_a_hidden_largest_is_not_marked_and_gaps_are_not_shaded():
    values = np.zeros((30, 30))
    values[:, 10] = 1.0
    shown = matrix_view(values, None, None, Display(80, 4), peak=1.0)
    assert not any(any(line) for line in shown.largest or [])
    assert shown.heat is not None
    assert not shown.heat.any()


def test_heads_stand_side_by_side_where_there_is_room():
    wide = attncli("forward", "masked", "--only", "Qh", "--width", "120").out
    narrow = attncli("forward", "masked", "--only", "Qh", "--width", "20").out
    assert re.search(r"^head 1 +head 2$", wide, re.MULTILINE)
    assert "\nhead 1\n" in narrow
    assert "\nhead 2\n" in narrow


def test_a_single_head_with_output_weights_brings_back_weighted_values():
    config = {"given": {"Q": [[1]], "K": [[1]], "V": [[1]]}, "Wo": [[2]]}
    assert (
        "H = A·V   1 × 1   weighted values"
        in attncli("forward", "-", "--only", "H", stdin=json.dumps(config)).out
    )


@pytest.mark.parametrize(
    ("symbol", "said"),
    [("dWq", "∂L/∂Wq"), ("dX_K", "∂L/∂X, the path through K"), ("bo", "output bias"), ("Other", "")],
)
def test_every_symbol_has_a_meaning_or_none(symbol: str, said: str):
    page = whole_page(Form(), frozenset(), "bce", mean=False)
    assert meaning(symbol, 1, page.row.get(symbol)) == said


def test_every_symbol_has_one_colour_and_a_gradient_that_of_its_quantity():
    assert set(COLORS) == set(GLOSSARY)
    assert symbol_style("dX_Q") == symbol_style("dX") == symbol_style("X") != symbol_style("dQ")
    assert symbol_style("[red]made up") == "bold"


@pytest.mark.parametrize("name", ["tiny", "article", "masked", "cross", "multihead"])
def test_no_formula_has_one_colour_twice(name: str):
    for row in library.backward(library.load(name)).page.rows:
        symbols = [row.symbol, *(symbol for symbol, _turned in row.reads)]
        bases = {symbol.removeprefix("d").partition("_")[0].removesuffix("h") for symbol in symbols}
        colors = [COLORS[base] for base in bases if base in COLORS]
        assert len(set(colors)) == len(colors), row.formula


@pytest.mark.parametrize("width", ["1", "5", "100000"])
def test_a_terminal_of_any_width_is_fine(width: str):
    assert attncli("backward", "masked", "--all", COLUMNS=width).code == 0


def test_the_loss_stands_at_the_top_in_its_row_and_at_the_end():
    lines = attncli("backward", "article").out.splitlines()
    assert re.fullmatch(r"L = \d+\.\d{4}   bce, sum", lines[1])
    assert lines[-1] == lines[1]
    assert attncli("backward", "article", "--only", "dWq").out.count(lines[1]) == 1
    value = lines[1].split()[2]
    assert any(line.startswith("L = −Σ") and f"= {value} " in line for line in lines)


def test_weights_that_are_stored_out_in_are_said_once_to_be_shown_transposed():
    weights = {name: [[1, 2], [0, 1]] for name in ("Wq", "Wk", "Wv")}
    config = json.dumps({"embeddings": WEIGHTS, "loss": "sum", "weights": "out-in", **weights})
    for command in ("forward", "backward"):
        out = attncli(command, "-", stdin=config).out
        assert out.count("shown transposed: Q = X·Wq") == 1
        assert "transposed" not in attncli(command, "-", "--quiet", stdin=config).out
        assert "transposed" not in attncli(command, "-", stdin=config.replace("out-in", "in-out")).out


def test_a_tiny_loss_is_not_nothing():
    tiny = {"given": {"Q": [[1]], "K": [[1]], "V": [[20]]}, "target": 1}
    assert "\nL = 2.0612e-09   bce, sum\n" in attncli("backward", "-", stdin=json.dumps(tiny)).out


def attended(config: dict, *options: str) -> dict[str, str]:
    """What each token attends to most, as the screen says it."""
    out = attncli("forward", "-", "--only", "A", *options, stdin=json.dumps(config)).out
    lines = out[out.index("what each token") :].splitlines()[3:]
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines if line.split()}


def test_what_each_token_attends_to_most():
    assert attended(MIXED, "--width", "40")["b"] == "– –"
    assert attended(MIXED, "--width", "40")["a"].startswith("a ")
    same = {"tokens": list("abcd"), "given": {"Q": [[0]] * 4, "K": [[1]] * 4, "V": [[1]] * 4}}
    assert attended(same, "--width", "40")["a"] == "all 0.25 –"
    causal = {**same, "mask": True}
    assert attended(causal, "--width", "40")["b"].startswith("a & b 0.50")
    assert attended(causal, "--width", "40")["c"].startswith("a & b +1 0.33")
    assert attended(causal, "--width", "20")["c"].startswith("a +2 0.33")


def test_every_sign_has_a_spelling_in_ascii():
    assert all(Display(80, 4, ascii_only=True).fit(sign).isascii() for sign in SIGNS.values())


@pytest.mark.parametrize("width", [80, 133])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_large_table_looks_as_a_small_one_would(
    width: int, *, ascii_only: bool, monkeypatch: pytest.MonkeyPatch
):
    rng = np.random.default_rng(0)
    given = {symbol: rng.normal(size=(60, 3)) for symbol in "QKV"}
    tokens = [f"語{i}" for i in range(60)]
    result = library.forward(library.Problem(given=given, tokens=tokens, mask=True))

    def text() -> str:
        shown = Display(width, 4, full=True, ascii_only=ascii_only)
        return text_of(page(result, ["S", "A"], shown), width=width, ascii_only=ascii_only)

    plain = text()
    monkeypatch.setattr("attncli.show.matrix.MOST_IN_TABLE", 10_000)
    assert text() == plain


@pytest.mark.parametrize("width", [20, 35, 60, 80, 120, 200])
@pytest.mark.parametrize("name", ["tiny", "article", "masked", "cross"])
def test_every_number_is_whole_wherever_it_stands(name: str, width: int):
    result = library.backward(library.load(name))
    symbols = list(result.values)
    words = text_of(page(result, symbols, Display(width, 4)), width=width, ascii_only=False).split()
    found = Counter(word.lstrip("▸") for word in words)
    for symbol in symbols:
        value = result.shown(symbol)
        for number in np.atleast_1d(value).ravel():
            scientific = needs_exponent(np.atleast_2d(value), 4)
            text = written(float(number), 4, scientific=scientific)
            assert found[text] > 0, (symbol, text)
            found[text] -= 1
