"""The catalogue of mistakes: every entry can be made, differs from the right row and is found once."""

from __future__ import annotations

import pytest

from attncli.mistakes.backward import BACKWARD
from attncli.mistakes.catalogue import SENTENCES, catalogue, listing
from attncli.mistakes.entry import Entry, Place
from attncli.mistakes.forward import FORWARD
from attncli.mistakes.own_pages import VARIANTS
from attncli.ops.linear import ADD, MATMUL
from attncli.page.attention import CONSTANTS, Form
from attncli.page.chain_rule import whole_page

SIZES = {"n": 3, "m": 3, "d_model": 4, "d_k": 2}


def page(form: Form = Form(), loss: str = "bce", *, mean: bool = False):  # noqa: B008 - it does not change
    return whole_page(form, frozenset(), loss, mean=mean)


def written(entry: Entry, symbol: str, form: Form = Form()) -> list[str]:  # noqa: B008
    whole = page(form)
    return [row.formula for _, row in entry.ways(whole.row[symbol], Place(whole, SIZES))]


def test_an_id_stands_in_one_place() -> None:
    ids = [entry.id for entry in (*FORWARD, *VARIANTS, *BACKWARD)]
    assert list(SENTENCES) == list(dict.fromkeys(ids)) == ids


def test_the_whole_catalogue_is_listed_without_a_problem() -> None:
    examples = listing()
    assert [example.id for example in examples] == list(SENTENCES)
    for example in examples:
        assert example.formula != example.right, example
        assert example.formula.split(" = ")[0] == example.right.split(" = ")[0]
        assert example.says == SENTENCES[example.id]
    by_id = {example.id: example for example in examples}
    assert by_id["scores-swapped"].formula == "S = K·Qᵀ"
    assert by_id["mask-zero-fill"].formula == "M = Z, 0 where masked"
    assert by_id["dout-per-row"].formula == "dO = (P − Y)/n"


@pytest.mark.parametrize(
    ("args", "formulas"),
    [
        ("q k", ["S = Q·K"]),
        ("q qᵀ, k kᵀ", ["S = Q·Qᵀ", "S = K·Kᵀ"]),
        ("0 1ᵀ", ["S = Q·K"]),
        ("0 1", []),  # the right row itself
        ("…", []),
        ("1ᵀ 0ᵀ", ["S = K·Qᵀ"]),
        ("Q Kᵀ heads", []),  # one head
        ("0 2", []),  # no third argument
        ("Q heads? K", ["S = Q·K"]),
    ],
)
def test_what_a_pattern_stands_for(args: str, formulas: list[str]) -> None:
    assert written(Entry("some", "S", MATMUL, args), "S") == formulas


def test_patterns_of_sums_and_paths() -> None:
    assert written(Entry("some", "dX", ADD, "… -V"), "dX") == ["dX = dX_Q + dX_K"]
    assert written(Entry("some", "dX", ADD, "… -N"), "dX") == []
    assert written(Entry("some", "dX", ADD, "paths"), "dX") == ["dX = dQ + Wq + dK + Wk + dV + Wv"]
    assert written(Entry("some", "S", MATMUL, "q vᵀ"), "S", Form(heads=2)) == ["S = Qh·Vhᵀ"]


def test_a_mistake_of_several_rows_at_once_is_one() -> None:
    whole = page(Form(heads=2, output_weights=True))
    known = whole.reads | whole.row.keys() | CONSTANTS
    split = [one for one in catalogue(whole, known, SIZES) if one.id == "heads-split-interleaved"]
    assert [[row.symbol for row in mistake.rows] for mistake in split] == [["S"], ["Qh", "Kh", "Vh"]]


def test_the_mask_is_also_forgotten_on_the_way_to_a() -> None:
    whole = page(Form(masked=True))
    known = whole.reads | whole.row.keys() | CONSTANTS
    found = [one.rows for one in catalogue(whole, known, SIZES) if one.id == "mask-missing"]
    assert [[row.formula for row in rows] for rows in found] == [
        ["M = Z"],
        ["A = softmax(Z)"],
        ["dV = softmax(Z)ᵀ·dO", "dM = softmax(Z)∘(dA − rowsum(softmax(Z)∘dA))", "dZ = dM"],
    ]
