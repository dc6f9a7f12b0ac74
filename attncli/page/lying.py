"""``layout: columns``, for books that write Q = Wq·X: every symbol stands for its transpose.

A reading of the page, and no second page: the rows stay as the lesson has them, and are shown on their side.
(A·B)ᵀ = Bᵀ·Aᵀ, so that a product has its operands exchanged and each keeps its ᵀ; what goes along rows goes
down columns. Everything here is its own inverse: what is printed lying is read by the same function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from attncli.ops.expression import Product, Sum
from attncli.ops.linear import MatMul
from attncli.ops.op import Op
from attncli.page.page import Page, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import Array, ErrorOf, Operand, Shape


Turned = TypeVar("Turned")
MATRIX = 2  # axes of a matrix; others count heads
# Patterns are compiled where they are first used: most problems do not lie.
WORD = r"[\w√̂^]+|\.(?=\d)"
NAME = r"[^\W\d]\w*"
SCALAR = r"d_(?:model|k|v|out|context|values)|[hc]"  # a factor without sides to lie on
LOGARITHM = r"(?:ln|log)\b|log[₀-₉]"  # its products are of single numbers
CLOSING = {"(": ")", "[": "]"}
ALONG = r"\b(row|col)(?=(?:sum|mean|share)\b)"
# What a sentence says of rows, and of columns; a line is one phrase.
PAIRS = """
row = column
rows = columns
row's = column's
along_each_row = down_each_column
along_the_rows = down_the_columns
along_the_row = down_the_column
along_the_whole_row = down_the_whole_column
below_the_diagonal = above_the_diagonal
side_by_side = below_each_other
beside_one_another = below_one_another
on_the_left = on_the_right
bên_trái = bên_phải
hàng = cột
phần_bên_dưới = phần_bên_trên
cạnh_nhau = chồng_lên_nhau
"""
OTHER = dict(line.split(" = ") for line in PAIRS.replace("_", " ").strip().splitlines())
OTHER |= {word.capitalize(): other.capitalize() for word, other in OTHER.items()}
OTHER |= {other: word for word, other in OTHER.items()}
WORDS = rf"(?<![\w{{])(?:{'|'.join(sorted(OTHER, key=len, reverse=True))})\b"


def turn(value: Turned) -> Turned:
    """Lay a matrix on its side, or those of all heads; a tuple is a shape, an index, or an axis's names each.

    What has no sides (a vector, a number, a mask) stays as it is.
    """
    if isinstance(value, np.ndarray):
        return value.mT if value.ndim >= MATRIX else value
    if isinstance(value, tuple) and len(value) >= MATRIX:
        return (*value[:-2], value[-1], value[-2])  # type: ignore[return-value]
    return value


def exchanged(text: str) -> str:
    """Write a formula lying: ``Q·Kᵀ`` as ``Kᵀ·Q``, rowsum as colsum; numbers stay where they are."""
    return along(products(text))


def along(text: str) -> str:
    """Write colsum for rowsum, and the like."""
    return re.sub(ALONG, lambda found: "col" if found[1] == "row" else "row", text)


def reworded(text: str) -> str:
    """Write a sentence lying: its formulas, and column where it speaks of a row."""
    return re.sub(WORDS, lambda found: OTHER[found[0]], exchanged(text))


def worded(text: str, *, lying: bool) -> str:
    """Write a sentence as it is for matrices that lie, or do not."""
    return reworded(text) if lying else text


def products(text: str) -> str:
    """Exchange the operands of every product of matrices in a text."""
    written: list[str] = []
    i = 0
    while i < len(text):
        one, end = factor(text, i)
        if end == i:
            written.append(text[i])
            i += 1
            continue
        chain = [one]
        while text[end : end + 1] == "·":
            one, after = factor(text, end + 1)
            if after == end + 1:
                break
            chain.append(one)
            end = after
        written.append("·".join(in_order(chain)))
        i = end
    return "".join(written)


def factor(text: str, start: int) -> tuple[str, int]:
    """Read one factor from a place on, ``Kᵀ``, ``√d_k`` or ``split(K)ᵀ``: itself lying, and where it ends."""
    parts: list[str] = []
    i = start
    while i < len(text):
        if text[i] in CLOSING:
            close = closing(text, i)
            if close < 0:
                break
            inside = text[i + 1 : close]
            parts.append(text[i] + (products(inside) if text[i] == "(" else inside) + text[close])
            i = close + 1
        elif word := re.compile(WORD).match(text, i):
            parts.append(word[0])
            i = word.end()
        else:
            break
    return "".join(parts), i


def closing(text: str, start: int) -> int:
    """Return where the bracket that opens at a place is closed; −1 for nowhere."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == text[start]) - (text[i] == CLOSING[text[start]])
        if not depth:
            return i
    return -1


def in_order(factors: Sequence[str]) -> list[str]:
    """Put the matrices of a product in the other order."""
    if any(re.match(LOGARITHM, factor) for factor in factors):
        return list(factors)
    matrices = [one for one in factors if not is_number(one)]
    return [one if is_number(one) else matrices.pop() for one in factors]


def is_number(text: str) -> bool:
    """Whether a factor has no sides: ``2``, ``√d_k``, ``(h·d_k)``; ``(*)`` is a matrix."""
    return any(map(str.isalnum, text)) and all(re.fullmatch(SCALAR, name) for name in re.findall(NAME, text))


@dataclass(frozen=True, eq=False, repr=False)
class LyingOperand:
    """What goes into a cell, as the operation takes it: tokens as rows."""

    lying: Operand

    @property
    def value(self) -> Any:  # noqa: ANN401 - a matrix, or a mask
        """The matrix."""
        return turn(self.lying.value)

    def at(self, *index: int) -> Expression:
        """One of its cells, under the name that it has lying."""
        return self.lying.at(*turn(index))


@dataclass(frozen=True)
class Lying(Op):
    """An operation whose arguments and result are all lying: ``op`` is the one that does the work."""

    op: Op

    @property
    def upright(self) -> Op:
        """The operation with tokens as rows."""
        return self.op

    def text(self, *args: str) -> str:
        """Write its formula lying."""
        return exchanged(self.op.text(*args))

    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it."""
        return turn(self.op.value(*map(turn, args)))

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it from numbers that were rounded on the way."""
        return turn(self.op.on_paper(*map(turn, args)))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write out one cell."""
        return as_printed(self.op, self.op.cell(turn(index), *map(LyingOperand, args)))

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write out one cell as a person does."""
        return as_printed(self.op, self.op.cell_on_paper(turn(index), *map(LyingOperand, args)))

    def asides(
        self, index: tuple[int, ...], names: Sequence[str], args: Sequence[Operand]
    ) -> Iterable[tuple[str, list[float]]]:
        """Name numbers of one cell that were worked out for its whole row."""
        return self.op.asides(turn(index), names, [*map(LyingOperand, args)])

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """How far rounding may have carried each cell."""
        return turn(self.op.error(turn(value), [*map(turn, args)], lambda i: turn(errors(i))))

    def shape(self, *args: Shape) -> Shape:
        """Return the shape in letters."""
        return turn(self.op.shape(*map(turn, args)))


def as_printed(op: Op, cell: Expression) -> Expression:
    """Exchange the factors in a cell of a product of matrices, as in its formula."""
    if not (isinstance(op, MatMul) and isinstance(cell, Sum)):
        return cell
    return Sum(
        tuple(Product(term.factors[::-1]) if isinstance(term, Product) else term for term in cell.terms)
    )


def lying_row(row: Row) -> Row:
    """Return a quantity's formula as one between lying matrices."""
    return Row(row.symbol, Lying(row.op), row.args, row.of, row.via)


def upright_page(page: Page) -> Page:
    """Return a page of lying matrices, or any other, as one with tokens as rows."""
    return Page(tuple(Row(row.symbol, row.op.upright, row.args, row.of, row.via) for row in page.rows))


def lying_page(page: Page) -> Page:
    """Return a page of lying matrices."""
    return Page(tuple(map(lying_row, page.rows)))
