"""What a row reads, as the arithmetic of its cells takes it: matrices and constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.expression import Call, Cell, Exact, Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.ops.expression import Expression


@dataclass(frozen=True, eq=False, repr=False)
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


@dataclass(frozen=True, eq=False, repr=False)
class Constant:
    """A number that goes into a formula as a letter: h, c, N or √d_k."""

    value: Any
    expression: Expression

    def at(self, *_: int) -> Expression:
        """The number, as it is to be written."""
        return self.expression


def operand(
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
    symbol: str,
    transposed: bool,  # noqa: FBT001 - as a row reads
) -> Placed | Constant:
    """Return what a row reads, a matrix or a constant, as its cells' arithmetic takes it."""
    value = values[symbol]
    if isinstance(value, np.ndarray):
        return Placed(symbol, value, transposed)
    if symbol == "√d_k":
        return Constant(value, Call("sqrt", Number(float(sizes["d_k"]))))
    if symbol == "ε":
        return Constant(value, Number(Exact(value)))
    return Constant(value, Number(value if isinstance(value, int | float) else 0.0))
