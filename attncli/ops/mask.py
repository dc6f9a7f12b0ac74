"""Which token may look at which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
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
    key tokens that nobody sees. ``matrix`` ((h ×) n × m) is true where looking is allowed. ``window`` is
    the smallest and the largest column minus row: a band along the diagonal.
    """

    causal: int | None = None
    hidden: NDArray[np.bool_] | None = None
    matrix: NDArray[np.bool_] | None = None
    window: tuple[int, int] | None = None

    def allowed(self, n: int, m: int) -> NDArray[np.bool_]:
        """Return the whole mask, broadcast to (h ×) n × m, true where looking is allowed."""
        low, high = self.band
        allowed = np.ones((n, m), bool) if high is None else np.tri(n, m, high, bool)
        if low is not None:
            allowed &= ~np.tri(n, m, low - 1, bool)
        if self.hidden is not None:
            allowed &= ~self.hidden
        return allowed if self.matrix is None else allowed & self.matrix

    @property
    def band(self) -> tuple[int | None, int | None]:
        """The smallest and the largest column minus row that is allowed; None where there is none."""
        low, high = self.window or (None, None)
        highs = [end for end in (high, self.causal) if end is not None]
        return low, min(highs, default=None)

    def hiding(self, *index: int) -> list[str]:
        """Name the conditions that hide a cell of the scores: "causal", "window", "padding", "matrix"."""
        i, j = index[-MATRIX:]
        causal = self.causal is not None and j - i > self.causal
        window = self.window is not None and not self.window[0] <= j - i <= self.window[1]
        padding = self.hidden is not None and bool(self.hidden[j])
        matrix = self.matrix is not None and not self.matrix[index[-self.matrix.ndim :]]
        found = {"causal": causal, "window": window, "padding": padding, "matrix": matrix}
        return [name for name, hides in found.items() if hides]

    def rows(self, rows: slice) -> Mask:
        """Return the mask of some rows, in every head."""
        matrix = None if self.matrix is None else self.matrix[..., rows, :]
        return replace(self.moved(rows.start), matrix=matrix)

    def columns(self, columns: slice) -> Mask:
        """Return the mask of some columns, in every head."""
        hidden = None if self.hidden is None else self.hidden[columns]
        matrix = None if self.matrix is None else self.matrix[..., columns]
        return replace(self.moved(-columns.start), hidden=hidden, matrix=matrix)

    def moved(self, by: int) -> Mask:
        """Return the mask with its diagonals so many columns further to the right."""
        return replace(
            self,
            causal=None if self.causal is None else self.causal + by,
            window=None if self.window is None else (self.window[0] + by, self.window[1] + by),
        )

    def heads(self, heads: slice) -> Mask:
        """Return the mask of some heads."""
        if self.matrix is None or self.matrix.ndim == MATRIX:
            return self
        return replace(self, matrix=self.matrix[heads])

    @cached_property
    def hidden_parts(self) -> dict[tuple[int, int], tuple[int, NDArray[np.bool_]]]:
        """What :meth:`hidden_part` has found so far: a block asks for the same again for each head."""
        return {}

    def hidden_part(self, n: int, m: int) -> tuple[int, NDArray[np.bool_]]:
        """Return the first column that not every row may look at, and what is hidden from there on."""
        if (n, m) not in self.hidden_parts:
            clear = self.seen_by_all(m)
            self.hidden_parts[n, m] = clear, ~self.columns(slice(clear, m)).allowed(n, m - clear)
        return self.hidden_parts[n, m]

    def seen_by_all(self, m: int) -> int:
        """Count the columns at the front that every row may look at, as far as that is plain."""
        low, high = self.band
        if self.hidden is not None or self.matrix is not None or low is not None or high is None:
            return 0
        return min(max(high + 1, 0), m)

    def seen_by_any(self, n: int, m: int) -> slice:
        """Return the columns beside which no row may look, at least one."""
        low, high = self.band
        first = 0 if low is None else min(max(low, 0), m - 1)
        last = m if high is None else min(max(high + n, 0), m)
        return slice(first, max(last, first + 1))
