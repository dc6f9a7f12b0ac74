"""A bar that shows how far something has come; it is gone when that is done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import ProgressColumn

    from attncli.show.terminal import Terminal

UPDATES = 200  # of the bar in all: drawing must not take longer than training


@contextmanager
def progress_bar(terminal: Terminal, steps: int) -> Iterator[Callable[[int, float], None]]:
    """Draw how far the training has come; it is gone when the training is done."""
    columns = (TaskProgressColumn(), TextColumn("L = {task.fields[loss]}"), TimeRemainingColumn())
    with progress_on(terminal, _("training"), *columns) as progress:
        every = max(1, steps // UPDATES)
        task = progress.add_task("", total=steps, loss="")

        def tell(step: int, loss: float) -> None:
            if step % every == 0:
                progress.update(task, completed=step, loss=f"{loss:.4g}")

        yield tell


def progress_on(terminal: Terminal, what: str, *columns: ProgressColumn) -> Progress:
    """Return a bar that says what is done, with these columns behind it; in ASCII there is none but them."""
    console = Console(
        file=terminal.stream, width=terminal.width, no_color=not terminal.color, legacy_windows=False
    )
    bar = () if terminal.ascii_only else (BarColumn(bar_width=20),)
    return Progress(TextColumn(terminal.fit(what)), *bar, *columns, console=console, transient=True)
