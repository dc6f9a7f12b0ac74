"""A bar that shows how far something has come; it is gone when that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from attncli.show.terminal import Terminal


def progress_on(terminal: Terminal, what: str, *columns: ProgressColumn) -> Progress:
    """Return a bar that says what is done, with these columns behind it; in ASCII there is none but them."""
    console = Console(
        file=terminal.stream, width=terminal.width, no_color=not terminal.color, legacy_windows=False
    )
    bar = () if terminal.ascii_only else (BarColumn(bar_width=20),)
    return Progress(TextColumn(terminal.fit(what)), *bar, *columns, console=console, transient=True)
