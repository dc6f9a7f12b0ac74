"""Rich tables and trees, as the terminal shows them: the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.show.page import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.explain import Explained


def write(shown: Shown) -> Iterator[RenderableType]:
    """Yield each quantity as a table under its formula."""
    return page(shown.result, shown.symbols, shown.display, head=shown.head, quiet=shown.quiet)


def explain(explained: Sequence[Explained], display: Display) -> Iterator[RenderableType]:
    """Yield the words about each symbol, each cell's working as a tree, and the tables of rows."""
    from attncli.show.explain import screen  # noqa: PLC0415 - forward and backward explain nothing

    return screen(explained, display)
