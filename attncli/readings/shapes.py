"""How large everything is: shapes, parameters and multiply-adds, beside those of the original paper."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from attncli.ops.linear import MatMul
from attncli.ops.op import lengths
from attncli.readings.formulas import page_of
from attncli.readings.train import is_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attncli.ops.op import Shape
    from attncli.page.page import Page
    from attncli.problem.problem import Problem


# Vaswani et al., "Attention Is All You Need" (2017), table 3, the base model. Where keys come from a
# context, it is the encoder's output, which is as wide; the output is as wide as the input.
PAPER = {"d_model": 512, "h": 8, "d_k": 64, "d_v": 64, "d_out": 512, "d_context": 512, "d_values": 512}


@dataclass(frozen=True)
class Size:
    """The shape of one symbol: in letters, here, and with the paper's numbers."""

    symbol: str
    letters: Shape
    shape: tuple[int, ...]
    paper: tuple[int, ...]
    given: bool


@dataclass(frozen=True)
class Count:
    """How many parameters or multiply-adds a symbol stands for: the product of these letters."""

    symbol: str
    factors: Shape
    count: int
    paper: int

    @property
    def formula(self) -> str:
        """``n·d_model·h·d_k``."""
        return "·".join(self.factors)


@dataclass(frozen=True)
class Shapes:
    """Every shape and every count of a problem's forward pass."""

    name: str
    letters: Mapping[str, int]
    paper_letters: Mapping[str, int]
    sizes: tuple[Size, ...]
    parameters: tuple[Count, ...]
    multiply_adds: tuple[Count, ...]
    problem: Problem
    page: Page

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "schema": 1,
            "config": self.name,
            "letters": dict(self.letters),
            "paper_letters": dict(self.paper_letters),
            "rows": [
                {
                    "symbol": size.symbol,
                    "given": size.given,
                    "letters": list(size.letters),
                    "shape": list(size.shape),
                    "paper": list(size.paper),
                }
                for size in self.sizes
            ],
            "parameters": counts_record(self.parameters),
            "multiply_adds": counts_record(self.multiply_adds),
        }


def counts_record(counts: Sequence[Count]) -> dict[str, Any]:
    """Return counts and their totals as JSON has them."""
    return {
        "total": sum(count.count for count in counts),
        "paper_total": sum(count.paper for count in counts),
        "rows": [
            {"symbol": count.symbol, "formula": count.formula, "count": count.count, "paper": count.paper}
            for count in counts
        ],
    }


def shapes_of(problem: Problem) -> Shapes:
    """Measure a problem's forward pass; the paper's sizes go with this problem's words and formulas."""
    page = page_of(problem)
    known = dict.fromkeys([*problem.givens, *page.row])
    symbols = [symbol for symbol in known if symbol in page.reads or symbol in page.row]
    letters = {symbol: problem.shown_letters(symbol) for symbol in symbols}
    used = {part for shape in letters.values() for letter in shape for part in letter.split("·")}
    ours = {letter: size for letter, size in problem.sizes.items() if letter in used}
    paper = {letter: PAPER.get(letter, size) for letter, size in ours.items()}

    def counted(symbol: str, factors: Shape) -> Count:
        return Count(symbol, factors, prod(lengths(factors, ours)), prod(lengths(factors, paper)))

    return Shapes(
        problem.name,
        ours,
        paper,
        tuple(
            Size(symbol, shape, lengths(shape, ours), lengths(shape, paper), symbol not in page.row)
            for symbol, shape in letters.items()
        ),
        tuple(
            counted(symbol, letters[symbol])
            for symbol in letters
            if symbol not in page.row and is_parameter(symbol)
        ),
        tuple(counted(symbol, factors) for symbol, factors in products(page, letters)),
        problem,
        page,
    )


def products(page: Page, letters: Mapping[str, Shape]) -> Iterator[tuple[str, Shape]]:
    """Yield the products of matrices: a × b times b × c takes a·b·c multiplications, and as many additions.

    A bias starts the sums off, and costs nothing.
    """
    for row in page.rows:
        if isinstance(row.op.upright, MatMul):
            (left, _), (right, right_turned) = row.reads[:2]
            if row.op is not row.op.upright:  # lying: the right factor is printed first
                left, right, right_turned = right, left, row.reads[0][1]
            columns = letters[right][-2 if right_turned else -1]
            yield row.symbol, (*letters[left], columns)
