"""Which token may look at which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


MATRIX = 2  # axes of a mask that every head shares


@dataclass(frozen=True, eq=False)
class Mask:
    """Every condition that a cell must meet to be looked at; all of them apply.

    ``causal`` is the largest column minus row that is allowed (0: the token itself is the last it
    may see; m − n where the triangle stands in the bottom right corner). ``hidden`` (m) marks the
    key tokens that nobody sees. ``matrix`` ((h ×) n × m) is true where looking is allowed.
    """

    causal: int | None = None
    hidden: NDArray[np.bool_] | None = None
    matrix: NDArray[np.bool_] | None = None

    def allowed(self, n: int, m: int) -> NDArray[np.bool_]:
        """Return the whole mask, broadcast to (h ×) n × m, true where looking is allowed."""
        allowed = np.ones((n, m), bool) if self.causal is None else np.tri(n, m, self.causal, bool)
        if self.hidden is not None:
            allowed &= ~self.hidden
        return allowed if self.matrix is None else allowed & self.matrix

    def hiding(self, *index: int) -> list[str]:
        """Name the conditions that hide a cell of the scores: "causal", "padding", "matrix"."""
        i, j = index[-MATRIX:]
        causal = self.causal is not None and j - i > self.causal
        padding = self.hidden is not None and bool(self.hidden[j])
        matrix = self.matrix is not None and not self.matrix[index[-self.matrix.ndim :]]
        found = {"causal": causal, "padding": padding, "matrix": matrix}
        return [name for name, hides in found.items() if hides]

    def rows(self, rows: slice) -> Mask:
        """Return the mask of some rows, in every head."""
        causal = None if self.causal is None else self.causal + rows.start
        return Mask(causal, self.hidden, None if self.matrix is None else self.matrix[..., rows, :])

    def columns(self, columns: slice) -> Mask:
        """Return the mask of some columns, in every head."""
        return Mask(
            None if self.causal is None else self.causal - columns.start,
            None if self.hidden is None else self.hidden[columns],
            None if self.matrix is None else self.matrix[..., columns],
        )

    def heads(self, heads: slice) -> Mask:
        """Return the mask of some heads."""
        if self.matrix is None or self.matrix.ndim == MATRIX:
            return self
        return Mask(self.causal, self.hidden, self.matrix[heads])

    def seen_by_all(self, m: int) -> int:
        """Count the columns at the front that every row may look at, as far as that is plain."""
        if self.hidden is not None or self.matrix is not None or self.causal is None:
            return 0
        return min(max(self.causal + 1, 0), m)

    def seen_by_any(self, n: int, m: int) -> int:
        """Count the columns at the front behind which no row may look."""
        return m if self.causal is None else min(max(self.causal + n, 0), m)
