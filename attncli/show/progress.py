"""A bar that shows how far something has come; it is gone when that is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from attncli.language import _

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from attncli.show.terminal import Terminal

UPDATES = 200  # of the bar in all: drawing must not take longer than training


@contextmanager
def training_progress(terminal: Terminal, steps: int) -> Iterator[Callable[[int, float], None]]:
    """Draw how far a training has come, and its loss."""
    columns = (TaskProgressColumn(), TextColumn("L = {task.fields[loss]}"), TimeRemainingColumn())
    with progress_on(terminal, _("training"), *columns) as progress:
        every = max(1, steps // UPDATES)
        task = progress.add_task("", total=steps, loss="")

        def update(step: int, loss: float) -> None:
            if step % every == 0:
                progress.update(task, completed=step, loss=f"{loss:.4g}")

        yield update


@contextmanager
def grading_progress(terminal: Terminal, sheets: int) -> Iterator[Callable[[int], None]]:
    """Draw how many sheets are done, and how long the others will take."""
    columns = (MofNCompleteColumn(), TextColumn(terminal.fit(_("left:"))), TimeRemainingColumn())
    with progress_on(terminal, _("marking"), *columns) as progress:
        task = progress.add_task("", total=sheets)

        def update(done: int) -> None:
            progress.update(task, advance=done)

        yield update


def progress_on(terminal: Terminal, what: str, *columns: ProgressColumn) -> Progress:
    """Return a bar that says what is done, with these columns behind it; in ASCII there is none but them."""
    bar = () if terminal.ascii_only else (BarColumn(bar_width=20),)
    return Progress(TextColumn(terminal.fit(what)), *bar, *columns, console=terminal, transient=True)
