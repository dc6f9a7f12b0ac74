"""The screen of ``train``: the loss as it falls, and the attention before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType

from attncli.language import _, plural
from attncli.show.listing import Line, Listing
from attncli.show.numbers import FULL, alone
from attncli.show.page import Panel, legend, panel, side_by_side
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from attncli.readings.train import Training
    from attncli.result import Result
    from attncli.show.display import Display


SHOWN = 10  # of the losses in between
BAR = 30  # columns for the largest loss
SMALL = 12  # tokens up to which A is shown
FEW = 2  # heads up to which A is shown


def screen(
    training: Training, pages: Sequence[Result], display: Display, *, quiet: bool
) -> Iterator[RenderableType]:
    """Yield what was trained, the losses, and A before and after where it is small.

    ``pages`` are the forward passes before and after.
    """
    if not quiet:
        yield Words(what_is_done(training))
        yield ""
    yield falling(training, display.decimals)
    if quiet:
        return
    yield ""
    yield Words(conclusion(training, display.decimals))
    yield ""
    yield from attention(pages, display)


def what_is_done(training: Training) -> str:
    """Tell what learns, from which loss, and how."""
    problem, one = training.before, training.trained[0]
    return plural(
        "{config}: {n:,} step of gradient descent on {symbols}; the loss is {loss}. In each step every one"
        " of them loses {lr:g} times its gradient: {one} becomes {one} − {lr:g}·d{one}.",
        "{config}: {n:,} steps of gradient descent on {symbols}; the loss is {loss}. In each step every one"
        " of them loses {lr:g} times its gradient: {one} becomes {one} − {lr:g}·d{one}.",
        training.steps,
        config=problem.name,
        symbols=", ".join(training.trained),
        loss=f"{problem.loss}, {problem.reduction}",
        lr=training.lr,
        one=one,
    )


def falling(training: Training, decimals: int) -> Listing:
    """Write the first loss, some in between and the last, each with a bar as long as it is large."""
    losses = training.losses
    steps = range(len(losses)) if len(losses) <= SHOWN + 2 else picked(training.steps)
    most = max(losses[step] for step in steps)
    lines = [
        Line((f"{step:,}", alone(losses[step], decimals), "█" * bar(losses[step], most))) for step in steps
    ]
    return Listing((_("step"), _("loss L"), ""), lines, right=(0, 1), bar=2)


def picked(steps: int) -> list[int]:
    """Choose the steps whose loss is shown: the first, the last, and others evenly between."""
    return sorted({round(i * steps / (SHOWN + 1)) for i in range(SHOWN + 2)})


def bar(loss: float, most: float) -> int:
    """Return how many columns a loss takes."""
    return round(BAR * loss / most) if most > 0 and loss > 0 else 0


def conclusion(training: Training, decimals: int) -> str:
    """Say how far the loss has come."""
    first, last = training.losses[0], training.losses[-1]
    said = _("L went from {first} to {last}.", first=alone(first, decimals), last=alone(last, decimals))
    if last > first:
        return f"{said} {_('It rose: the steps are too long. Take a smaller --lr.')}"
    if any(after > before for before, after in zip(training.losses, training.losses[1:], strict=False)):
        return f"{said} {_('On the way it also rose: a smaller --lr would go straight down.')}"
    return said


def attention(pages: Sequence[Result], display: Display) -> Iterator[RenderableType]:
    """Yield A before and after the training, where it is on the page and small."""
    if "A" not in pages[0].page.row:
        return
    *heads, n, m = pages[0]["A"].shape
    if max(n, m) > SMALL or max(heads, default=1) > FEW:
        size = " × ".join(map(str, (*heads, n, m)))
        words = _("A is too large to be shown twice ({size}); attncli forward shows it.", size=size)
        yield Words(words)
        return
    decimals = 2 if display.decimals == FULL else min(display.decimals, 2)
    display = display._replace(decimals=decimals, full=False)
    panels = []
    for when, result in zip((_("Before:"), _("After:")), pages, strict=True):
        one = panel(result, "A", display, explained=False)
        parts = tuple(one.all_parts(below=one.most > one.width))
        panels.append(Panel(Words(when), "", parts, one.least, one.height))
    yield from side_by_side(panels, display.width)
    yield legend(pages[0])
