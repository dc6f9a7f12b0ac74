"""Plain text for scripts: no boxes, no colour, one block a quantity, tabs between the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.names import MATRIX
from attncli.show.numbers import needs_exponent, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.explain import Explained


def write(shown: Shown) -> Iterator[str]:
    """Write each quantity whole: a line with ``#`` that says what it is, then its numbers.

    One that has heads is one block a head. NumPy's ``loadtxt`` reads a block as it stands.
    """
    decimals, fit = shown.display.decimals, shown.display.fit
    for symbol in shown.symbols:
        value = shown.result[symbol]
        size = " × ".join(map(str, value.shape)) or "one number"
        matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
        for h, matrix in enumerate(matrices, 1):
            headed = value.ndim > MATRIX
            if headed and shown.head not in {None, h}:
                continue
            yield fit(f"# {shown.result.formula(symbol)}  ({size})" + (f", head {h}\n" if headed else "\n"))
            for line in texts(matrix, decimals, scientific=needs_exponent(matrix, decimals)):
                yield fit(line) + "\n"
            yield "\n"


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write each line about a cell or symbol whole: a script breaks none."""
    for i, one in enumerate(explained):
        if i:
            yield "\n"
        for line in (*one.words, *([""] if one.words and one.trail else []), *one.trail):
            yield display.fit(line.rstrip(" ")) + "\n"
        for title, view in one.tables(display._replace(full=True)):
            yield display.fit(f"# {title}\n") if title else ""
            for name, cells in zip(["", *view.rows], [view.columns, *view.cells], strict=True):
                yield "\t".join(text.strip() for text in (name, *cells)) + "\n"
