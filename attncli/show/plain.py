"""Plain text for scripts: no boxes, no colour, one block a row, tabs between the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import needs_exponent, texts
from attncli.show.views import HEADED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.result import Result


def plain_text(result: Result, symbols: Sequence[str], *, decimals: int, head: int | None) -> Iterator[str]:
    """Write each row whole, as a block: a line with ``#`` that says what it is, then its numbers.

    A row that has heads is one block a head. NumPy's ``loadtxt`` reads a block as it stands.
    """
    for symbol in symbols:
        value = result[symbol]
        size = " × ".join(map(str, value.shape)) or "one number"
        matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
        for h, matrix in enumerate(matrices, 1):
            if value.ndim == HEADED and head not in {None, h}:
                continue
            yield f"# {result.formula(symbol)}  ({size})" + (
                f", head {h}\n" if value.ndim == HEADED else "\n"
            )
            for line in texts(matrix, decimals, scientific=needs_exponent(matrix, decimals)):
                yield line + "\n"
            yield "\n"
