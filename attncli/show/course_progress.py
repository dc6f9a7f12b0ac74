"""How far the marking of a course has come, and how long it will still take."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.show.terminal import Terminal


@contextmanager
def progress_bar(terminal: Terminal, sheets: int) -> Iterator[Callable[[int], None]]:
    """Draw how many sheets are done; it is gone when all are."""
    columns = [
        TextColumn(terminal.fit(_("marking"))),
        MofNCompleteColumn(),
        TextColumn(terminal.fit(_("left:"))),
        TimeRemainingColumn(),
    ]
    if not terminal.ascii_only:
        columns.insert(1, BarColumn(bar_width=20))
    console = Console(
        file=terminal.stream, width=terminal.width, no_color=not terminal.color, legacy_windows=False
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=sheets)

        def tell(done: int) -> None:
            progress.update(task, advance=done)

        yield tell
