"""Plain text for scripts: numbers with tabs between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.export import text as screens
from attncli.export.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.entries import Shown
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks


UNBROKEN = 1_000_000  # columns


def write(shown: Shown) -> Iterator[str]:
    """Write each row as a block of numbers under a line that says what it is."""
    looks = shown.looks
    for text in plain_text(shown.result, shown.symbols, decimals=looks.decimals, head=shown.head):
        yield looks.terminal.fit(text)


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Write each line whole: a script breaks none."""
    return screens.explain(explained, looks._replace(terminal=looks.terminal._replace(width=UNBROKEN)))
