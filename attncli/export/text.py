"""Tables as on the screen: the default."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from attncli.show.matrix import HEADED
from attncli.show.numbers import needs_exponent, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.entries import Shown
    from attncli.result import Result
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks


def write(shown: Shown) -> Iterator[str]:
    """Write each row as a table under its formula."""
    from attncli.show.page import Screen  # noqa: PLC0415 - only tables need Rich

    looks = shown.looks
    screen = Screen(looks.terminal, decimals=looks.decimals, full=looks.full, head=shown.head)
    return screen.render(shown.result, shown.symbols, quiet=shown.quiet)


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Write the lines about each cell or symbol, wrapped to the width."""
    for i, one in enumerate(explained):
        words, trail = one.words, one.trail
        if i:
            yield "\n"
        for line in (*words, *([""] if words and trail else []), *trail):
            inset = " " * (len(line) - len(line.lstrip(" └")) + 4)
            lines = wrap(
                line,
                looks.terminal.width,
                subsequent_indent=inset,
                break_long_words=False,
                break_on_hyphens=False,
            )
            yield looks.terminal.fit("\n".join(lines) + "\n")


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
