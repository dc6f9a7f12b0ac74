"""How much of a page's numbers is rounding: what would be 0 on paper comes out as 1e-17, or as −3e-17.

Which it is depends on the order in which the processor adds. The error of every row is followed from row
to row: what its own arithmetic loses, and what the errors of its arguments become on their way through it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.ops.op import Array
    from attncli.page.page import Row


LEAST = 4  # errors: a number that is smaller has not one digit that is right
SUSPECT = 4096  # eps of the page's largest number, or its square: rounding leaves far less
MOST = 2**20  # numbers: a larger matrix is not gone through again


class Errors(dict[str, "Array | None"]):
    """How far rounding may have carried the page's values, in units of eps; None: not at all, or not known.

    Worked out for each symbol when it is first asked for, from the ``known`` values.
    """

    def __init__(self, rows: Mapping[str, Row], known: Mapping[str, Any]) -> None:
        super().__init__()
        self.rows, self.known = rows, known

    def __missing__(self, symbol: str) -> Array | None:
        """Work out the error of a row; a given is exact."""
        row = self.rows.get(symbol)
        self[symbol] = error = None if row is None else self.of_row(row)
        return error

    def of_row(self, row: Row) -> Array | None:
        """Work out the error of a row; None where it is not known, 0 where it is beyond its type."""
        try:
            value, args = self.known[row.symbol], row.operands(self.known)
        except KeyError:
            return None
        if any(np.size(matrix) > MOST for matrix in (value, *args)):
            return None

        def of_argument(i: int) -> Array | None:
            symbol, transposed = row.reads[i]
            error = self[symbol]
            return error.mT if transposed and error is not None else error

        with np.errstate(all="ignore"):
            error = row.op.error(value, args, of_argument)
        return np.where(np.isfinite(error), error, 0.0)

    def noise(self, symbol: str) -> Array | float:
        """Return the size below which a number of a row is only rounding."""
        error = self[symbol]
        return 0.0 if error is None else LEAST * np.finfo(self.known[symbol].dtype).eps * error

    def without_noise(self, symbol: str, value: Array) -> Array:
        """Return a row with 0 where a number is only rounding."""
        size = np.abs(value) if value.size <= MOST else np.zeros(())
        if not ((size < self.suspect * np.finfo(value.dtype).eps) & (size > 0)).any():
            return value
        return np.where(size < self.noise(symbol), np.zeros((), value.dtype), value)

    @cached_property
    def suspect(self) -> float:
        """The size, in eps, from which on no number can be rounding alone: few rows need a closer look."""
        sizes = (
            float(np.abs(value).max(where=np.isfinite(value), initial=0.0))
            for value in self.known.values()
            if isinstance(value, np.ndarray) and value.size <= MOST
        )
        largest = max(sizes, default=0.0)
        return SUSPECT * largest * max(1.0, largest)
