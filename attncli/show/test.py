"""The screen of ``test``: the verdict, a line an ability, what was done, and a problem that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import RenderableType

from attncli.code.report import FAILED, NOT_TAKEN, RIGHT, WRONG
from attncli.show.listing import Line, Listing
from attncli.show.messages import sentence
from attncli.show.terminal import INDENT, Words

if TYPE_CHECKING:
    from attncli.code.report import Report, Said
    from attncli.show.display import Display

STYLES = {RIGHT: "green", WRONG: "bold red", FAILED: "bold yellow", NOT_TAKEN: "dim"}


def screen(
    report: Report, display: Display, *, quiet: bool = False, written: str | None = None
) -> Iterator[RenderableType]:
    """Yield the verdict and the abilities, and unless ``quiet`` all that is known of what is wrong.

    ``written`` is the file into which the example goes.
    """
    yield Words(report.heading)
    yield ""
    titles, *lines = report.table
    styles = [STYLES[report.judged(ability)] for ability in report.abilities]
    yield Listing(titles, list(map(Line, lines, styles)))
    if quiet:
        return
    yield from said(report.findings, display)
    yield from said(report.example_heading, display)
    if report.example is not None and report.shown is not None:
        from attncli.show.beside import beside  # noqa: PLC0415 - right code needs none of it

        yield from beside(report.example, report.shown, display)
    yield from said(report.way_on(written), display)
    if report.notes:
        yield ""
    for note in report.notes:
        yield sentence("note", note)


def said(lines: Iterable[Said], display: Display) -> Iterator[RenderableType]:
    """Write the lines of the report; formulas that have no room beside each other stand over each other."""
    for line in lines:
        indent = INDENT * line.inset
        parts = [line.text]
        if line.parts and cell_len(display.fit(line.text)) > display.width - indent:
            parts = list(line.parts)
        for text in parts:
            style = "bold" if line.loud else ""
            yield Words(text, style, indent=indent, hanging=2 * indent, whole=line.command)
