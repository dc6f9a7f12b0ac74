"""Tables as on the screen: the default."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.show.export.shown import Shown
    from attncli.show.export.workings import Explained
    from attncli.show.views import Looks


def write(shown: Shown) -> Iterator[str]:
    """Write each row as a table under its formula."""
    from attncli.show.tables import Screen  # noqa: PLC0415 - only tables need Rich

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
