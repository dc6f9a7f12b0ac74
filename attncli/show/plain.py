"""Plain text for scripts: no boxes, no colour, one block a row, tabs between the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import needs_exponent, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.calculation import Result
    from attncli.ops.op import Array


def plain_text(result: Result, symbols: Sequence[str], *, decimals: int, head: int | None) -> Iterator[str]:
    """Write each row as a block: a line with ``#`` that says what it is, then its numbers.

    NumPy's ``loadtxt`` reads a block as it stands.
    """
    for symbol in symbols:
        value = result[symbol]
        size = " × ".join(map(str, value.shape)) or "one number"
        title = f"# {result.formula(symbol)}  ({size})"
        if value.ndim == 3:  # noqa: PLR2004 - one block a head
            for i, matrix in enumerate(value, 1):
                if head in {None, i}:
                    yield f"{title}, head {i}\n{block(matrix, decimals)}\n"
        else:
            yield f"{title}\n{block(np.atleast_2d(value), decimals)}\n"


def block(matrix: Array, decimals: int) -> str:
    """Write the numbers of one matrix."""
    scientific = needs_exponent(matrix, decimals)
    infinities = {"∞": "inf", "-∞": "-inf", "~": "nan"}
    lines = []
    for row in matrix.tolist():
        texts = [written(x, decimals, scientific=scientific) for x in row]
        lines.append("\t".join(infinities.get(text, text) for text in texts))
    return "\n".join(lines) + "\n"
