"""Where a number comes from: one cell of one row, written out, down to the givens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attncli.arithmetic import ASCII, Call, Cell, Expression, Number, cells_of, spell
from attncli.cells import cell_name, locate, parse_cell
from attncli.problem.report import not_on_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.page import Row
    from attncli.result import Result


@dataclass(frozen=True)
class Placed:
    """What goes into a cell: a matrix of the page, transposed or not."""

    symbol: str
    matrix: Any
    transposed: bool

    @property
    def value(self) -> Any:  # noqa: ANN401 - a matrix, or a mask
        """The matrix as it goes in."""
        return self.matrix.swapaxes(-1, -2) if self.transposed else self.matrix

    def at(self, *index: int) -> Expression:
        """One of its cells, under the name that it has on the page."""
        if self.transposed:
            *heads, i, j = index
            index = (*heads, j, i)
        return Cell(self.symbol, index, float(self.matrix[index]))


@dataclass(frozen=True)
class Constant:
    """A number that goes into a formula as a letter: h, c, N or √d_k."""

    value: Any
    expression: Expression

    def at(self, *_: int) -> Expression:
        """The number, as it is to be written."""
        return self.expression


@dataclass(frozen=True)
class Explanation:
    """One cell: its row, its arithmetic with the numbers put in, and what it was made from."""

    result: Result
    symbol: str
    index: tuple[int, ...]

    @property
    def row(self) -> Row | None:
        """The row of the page; None for a given."""
        return self.result.page.row.get(self.symbol)

    @property
    def name(self) -> str:
        """``A[2][Death,wind]``."""
        return self.name_of(self.symbol, self.index)

    def name_of(self, symbol: str, index: tuple[int, ...]) -> str:
        """Name any cell of the same page."""
        labels = [self.result.problem.labels(letter) for letter in self.result.letters(symbol)]
        return cell_name(symbol, index, labels)

    @property
    def value(self) -> float:
        """The number that stands in the cell."""
        return float(self.result.values[self.symbol][self.index])

    @cached_property
    def expression(self) -> Expression:
        """The arithmetic that makes it; a given is just its number."""
        if self.row is None:
            return Number(self.value)
        return self.row.op.cell(self.index, *(self.operand(*read) for read in self.row.reads))

    def operand(self, symbol: str, transposed: bool) -> Placed | Constant:  # noqa: FBT001 - as a row reads
        """Find what a row reads."""
        problem = self.result.problem
        if symbol == "mask":
            return Constant(problem.mask, Number(0.0))
        if symbol == "h":
            return Constant(problem.form.heads, Number(problem.form.heads))
        if symbol == "√d_k":
            return Constant(None, Call("sqrt", Number(float(problem.sizes["d_k"]))))
        if symbol in self.result.constants:
            number = self.result.constants[symbol]
            return Constant(number, Number(number))
        return Placed(symbol, self.result.values[symbol], transposed)

    @property
    def sources(self) -> Iterator[Explanation]:
        """The cells that it was made from, each once."""
        for cell in cells_of(self.expression) if self.row else ():
            yield Explanation(self.result, cell.symbol, cell.index)

    def to_dict(self, depth: int, substituted: Any, seen: set[str] | None = None) -> dict[str, Any]:  # noqa: ANN401
        """Return the record that ``--json`` prints; ``substituted`` writes an expression as on paper.

        A cell that stands earlier in the same record is not opened again.
        """
        seen = set() if seen is None else seen
        sources = self.sources if depth > 0 and self.name not in seen else ()
        seen.add(self.name)
        return {
            "cell": self.name,
            "index": list(self.index),
            "formula": self.result.formula(self.symbol),
            "substituted": substituted(self.expression),
            "expression": spell(self.expression, ASCII),
            "value": self.value if abs(self.value) != float("inf") else spell(Number(self.value), ASCII),
            "from": [source.to_dict(depth - 1, substituted, seen) for source in sources],
        }


def find_cell(result: Result, text: str) -> Explanation:
    """Find the cell that a person names. Raises AttnError where there is none such."""
    symbol, indices = parse_cell(text)
    if symbol not in result.values:
        raise not_on_page(symbol, result.values)
    labels: Sequence[Any] = [result.problem.labels(letter) for letter in result.letters(symbol)]
    index = locate(symbol, indices, result.values[symbol].shape, labels)
    return Explanation(result, symbol, index)
