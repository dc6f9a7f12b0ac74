"""Shapes and counts, checked by hand, and beside the original paper's."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import attncli
from attncli.ops.op import lengths
from attncli.problem.sources import builtin_names
from attncli.readings.formulas import page_of
from attncli.readings.shapes import Shapes, products, shapes_of
from attncli.readings.train import train
from attncli.result import letters_of
from tests.support.running import attncli as run

BUILTIN = builtin_names()


def measured(name: str) -> Shapes:
    return shapes_of(attncli.load(name))


def counts(found: tuple) -> dict[str, tuple[str, int, int]]:
    return {count.symbol: (count.formula, count.count, count.paper) for count in found}


def test_the_article_by_hand() -> None:
    shapes = measured("article")  # n = 9, d_model = 5, d_k = 4, d_v = 3
    assert counts(shapes.parameters) == {
        "Wq": ("d_model·d_k", 5 * 4, 512 * 64),
        "Wk": ("d_model·d_k", 5 * 4, 512 * 64),
        "Wv": ("d_model·d_v", 5 * 3, 512 * 64),
    }
    assert counts(shapes.multiply_adds) == {
        "Q": ("n·d_model·d_k", 9 * 5 * 4, 9 * 512 * 64),
        "K": ("n·d_model·d_k", 9 * 5 * 4, 9 * 512 * 64),
        "V": ("n·d_model·d_v", 9 * 5 * 3, 9 * 512 * 64),
        "S": ("n·d_k·n", 9 * 4 * 9, 9 * 64 * 9),
        "O": ("n·n·d_v", 9 * 9 * 3, 9 * 9 * 64),
    }
    record = shapes.to_dict()
    assert record["parameters"]["total"] == 55
    assert record["multiply_adds"]["total"] == 1062


def test_heads_by_hand() -> None:
    shapes = measured("multihead")  # n = 9, d_model = 5, 8 heads, d_k = 2, d_v = 1, d_out = 5
    adds = counts(shapes.multiply_adds)
    assert adds["Q"] == ("n·d_model·h·d_k", 9 * 5 * 8 * 2, 9 * 512 * 512)
    assert adds["S"] == ("h·n·d_k·n", 8 * 9 * 2 * 9, 8 * 9 * 64 * 9)
    assert adds["H"] == ("h·n·n·d_v", 8 * 9 * 9 * 1, 8 * 9 * 9 * 64)
    assert adds["O"] == ("n·h·d_v·d_out", 9 * 8 * 5, 9 * 512 * 512)
    assert list(adds) == ["Q", "K", "V", "S", "H", "O"]
    # The paper's multi-head attention has four 512 × 512 matrices: 1,048,576 parameters.
    assert shapes.to_dict()["parameters"]["paper_total"] == 4 * 512 * 512 == 1_048_576


def test_biases_are_parameters_and_cost_no_product() -> None:
    shapes = measured("masked")
    assert counts(shapes.parameters)["bq"] == ("h·d_k", 6, 512)
    assert counts(shapes.parameters)["bo"] == ("d_out", 4, 512)
    assert counts(shapes.multiply_adds)["Q"] == ("n·d_model·h·d_k", 5 * 4 * 6, 5 * 512 * 512)


def test_cross_attention_looks_at_another_sentence() -> None:
    shapes = measured("cross")  # n = 4, m = 5, d_model = 2, d_context = 4, d_k = 3, d_v = 2
    assert counts(shapes.multiply_adds)["K"] == ("m·d_context·d_k", 5 * 4 * 3, 5 * 512 * 64)
    assert counts(shapes.multiply_adds)["S"] == ("n·d_k·m", 4 * 3 * 5, 4 * 64 * 5)
    assert shapes.paper_letters["m"] == 5


@pytest.mark.parametrize("name", BUILTIN)
def test_shapes_are_those_of_the_numbers(name: str) -> None:
    result = attncli.forward(attncli.load(name))
    sizes = measured(name).sizes
    assert [size.symbol for size in sizes] == list(result.values)
    for size in sizes:
        assert size.shape == result[size.symbol].shape
        assert size.given == (size.symbol not in result.page.row)
        assert len(size.letters) == len(size.paper) == len(size.shape)


@pytest.mark.parametrize("name", BUILTIN)
def test_parameters_are_the_numbers_that_training_may_move(name: str) -> None:
    problem = attncli.load(name)
    for count in measured(name).parameters:
        assert count.count == problem.givens[count.symbol].size
    weights = set(problem.givens) - {"X", "E", "Y"}
    assert weights == set(train(problem, steps=1, lr=0.01).trained)
    assert {count.symbol for count in measured(name).parameters} == weights


@pytest.mark.parametrize("name", BUILTIN)
def test_multiply_adds_are_what_numpy_multiplies(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    multiplied = []
    original = np.matmul

    def counting(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = original(a, b)
        multiplied.append(product.size * a.shape[-1])
        return product

    problem = attncli.load(name)
    expected = [count.count for count in measured(name).multiply_adds]
    monkeypatch.setattr(np, "matmul", counting)
    attncli.forward(problem)
    assert multiplied == expected


@pytest.mark.parametrize("name", BUILTIN)
def test_the_backward_pass_has_twice_as_many_as_the_note_says(name: str) -> None:
    problem = attncli.load(name)
    page = page_of(problem, backward=True)
    symbols = {symbol for row in page.rows for symbol, _ in row.reads} & {*problem.letters, *page.row}
    letters = {symbol: letters_of(problem, symbol) for symbol in symbols | set(page.row)}
    total = {False: 0, True: 0}
    for symbol, factors in products(page, letters):
        sizes = lengths(factors, problem.sizes)
        total[page.row[symbol].backward] += int(np.prod(sizes))
    assert total[True] == 2 * total[False] > 0


def test_given_queries_need_no_model() -> None:
    x = [[1, 2], [3, 4], [5, 6]]
    shapes = shapes_of(attncli.Problem(given={"Q": x, "K": x, "V": x}))
    assert dict(shapes.letters) == {"n": 3, "d_k": 2, "d_v": 2}
    assert shapes.parameters == ()
    assert counts(shapes.multiply_adds) == {
        "S": ("n·d_k·n", 18, 3 * 64 * 3),
        "O": ("n·n·d_v", 18, 3 * 3 * 64),
    }


def test_json() -> None:
    outcome = run("shapes", "multihead", "--json")
    record = json.loads(outcome.out)
    assert (outcome.code, outcome.err) == (0, "")
    assert record["schema"] == 1
    assert record["letters"] == {"h": 8, "n": 9, "d_model": 5, "d_k": 2, "d_v": 1, "d_out": 5}
    assert record["paper_letters"] == {
        "h": 8, "n": 9, "d_model": 512, "d_k": 64, "d_v": 64, "d_out": 512,
    }  # fmt: skip
    (wq,) = [row for row in record["rows"] if row["symbol"] == "Wq"]
    assert wq == {
        "symbol": "Wq",
        "given": True,
        "letters": ["d_model", "h·d_k"],
        "shape": [5, 16],
        "paper": [512, 512],
    }
    assert record == shapes_of(attncli.load("multihead")).to_dict()


@pytest.mark.parametrize("name", BUILTIN)
@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_every_number_is_whole_at_any_width(name: str, width: int) -> None:
    out = run("shapes", name, COLUMNS=str(width)).out
    words = " ".join(out.split())  # too narrow for a table: a list, with the titles between the cells
    shapes = measured(name)
    for size in shapes.sizes:
        ours, paper = (" × ".join(map(str, shape)) for shape in (size.shape, size.paper))
        row = rf"{size.symbol} .*{' × '.join(size.letters)} (yours )?{ours} (paper )?{paper}( |$)"
        assert re.search(row, words), size.symbol
    for count in (*shapes.parameters, *shapes.multiply_adds):
        row = rf"{count.symbol} .*{count.formula} (yours )?{count.count:,} (paper )?{count.paper:,}( |$)"
        assert re.search(row, words), count
    assert width < 40 or max(map(len, out.splitlines())) <= width


def test_large_numbers_are_whole_at_80_columns() -> None:
    rng = np.random.default_rng(0)
    shape = (256, 1024)
    wide = {symbol: rng.normal(size=shape) for symbol in ("Wq", "Wk", "Wv")}
    problem = attncli.Problem(X=rng.normal(size=(4096, 256)), heads=16, **wide)
    from attncli.show.shapes import screen
    from attncli.show.terminal import text_of

    text = text_of(screen(shapes_of(problem)), width=80, ascii_only=False)
    assert "h × n × n" in text
    assert " 16 × 4096 × 4096  8 × 4096 × 4096\n" in text
    assert f" {4096 * 256 * 1024:,} " in text
    assert max(map(len, text.splitlines())) <= 80


def test_notes_tell_how_it_is_counted() -> None:
    out = run("shapes", "article").out
    assert "Multiply-adds: a × b times b × c takes a·b·c of them." in out
    assert "Vaswani et al. 2017" in out
    assert "one of its 8" in out
    assert "one of its 8" not in run("shapes", "multihead").out


def test_ascii_and_colour() -> None:
    plain = run("shapes", "masked").out
    ascii_only = run("shapes", "masked", "--ascii").out
    assert ascii_only.isascii()
    assert "\\u" not in ascii_only
    assert "n x h*d_k" in ascii_only
    coloured = run("shapes", "masked", "--color", "always").out
    assert coloured != plain
    uncoloured = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in uncoloured.splitlines()] == plain.splitlines()


def test_the_config_may_be_changed() -> None:
    assert "M  " in run("shapes", "article", "--set", "mask=true").out
    outcome = run("shapes", "nowhere.yaml")
    assert (outcome.code, outcome.out) == (2, "")
