"""Which token may look at which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
