"""How far the marking of a course has come, and how long it will still take."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

from attncli.language import _
from attncli.show.progress import progress_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.show.terminal import Terminal


@contextmanager
def progress_bar(terminal: Terminal, sheets: int) -> Iterator[Callable[[int], None]]:
    """Draw how many sheets are done; it is gone when all are."""
    columns = (MofNCompleteColumn(), TextColumn(terminal.fit(_("left:"))), TimeRemainingColumn())
    with progress_on(terminal, _("marking"), *columns) as progress:
        task = progress.add_task("", total=sheets)

        def tell(done: int) -> None:
            progress.update(task, advance=done)

        yield tell
