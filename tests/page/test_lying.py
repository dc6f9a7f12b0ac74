"""Formulas and sentences written lying: products the other way round, columns for rows, and back again."""

import pytest

import attncli
from attncli.mistakes.catalogue import listing
from attncli.page.lying import exchanged, reworded


@pytest.mark.parametrize(
    ("upright", "lying"),
    [
        ("Q·Kᵀ", "Kᵀ·Q"),
        ("X·Wq + bq", "Wq·X + bq"),
        ("(X·Wq)·Wk", "Wk·(Wq·X)"),
        ("split(Q)·split(K)ᵀ, interleaved", "split(K)ᵀ·split(Q), interleaved"),
        ("A∘(dA − rowsum(A∘dA))", "A∘(dA − colsum(A∘dA))"),
        ("rowshare(F)·Γ1", "Γ1·colshare(F)"),
        ("dS·K/√d_k", "K·dS/√d_k"),
        ("S·c", "S·c"),
        ("0.95·A·V", "0.95·V·A"),
        ("Wq − 1·Xᵀ·dQ", "Wq − 1·dQ·Xᵀ"),
        ("−Σ[Y·ln P + (1−Y)·ln(1−P)]", "−Σ[Y·ln P + (1−Y)·ln(1−P)]"),
        ("√d_k·rowsum(A)", "√d_k·colsum(A)"),
        ("S = Q·Kᵀ, and (open", "S = Kᵀ·Q, and (open"),
    ],
)
def test_a_product_has_its_operands_exchanged(upright: str, lying: str) -> None:
    assert exchanged(upright) == lying
    assert exchanged(lying) == upright


def test_every_formula_and_sentence_comes_back() -> None:
    for example in listing():
        assert exchanged(exchanged(example.formula)) == example.formula
        assert reworded(reworded(example.says)) == example.says


@pytest.mark.parametrize(
    ("upright", "lying"),
    [
        ("Each row sums to 1.", "Each column sums to 1."),
        ("Rows i, columns j: S = Q·Kᵀ", "Columns i, rows j: S = Kᵀ·Q"),
        ("on and below the diagonal", "on and above the diagonal"),
        ("the row's largest number", "the column's largest number"),
        ("the row of {row}", "the column of {row}"),
        ("tomorrow's rowing", "tomorrow's rowing"),
        ("mỗi hàng của A", "mỗi cột của A"),
    ],
)
def test_a_sentence_speaks_of_columns(upright: str, lying: str) -> None:
    assert reworded(upright) == lying
    assert reworded(lying) == upright


@pytest.mark.parametrize("config", ["article", "multihead", "masked", "cross"])
def test_every_formula_on_the_page_is_the_one_that_its_numbers_follow(config: str) -> None:
    result = attncli.backward(attncli.load(config, ("layout=columns",)))
    for row in result.rows:
        factors = row.formula.partition(" = ")[2].split("·")
        if len(factors) == 2 and all(one.removesuffix("ᵀ") in result for one in factors):
            left, right = (result[one.removesuffix("ᵀ")] for one in factors)
            left, right = (
                v.mT if one.endswith("ᵀ") else v for one, v in zip(factors, (left, right), strict=True)
            )
            assert left @ right == pytest.approx(result[row.symbol], abs=1e-12), row.formula
