"""Markdown: a page of feedback for each sheet, as GitHub and most forums read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.graders.feedback import (
    SIGNS,
    WORDS,
    cells_line,
    opening,
    points_line,
    remarks,
    score_line,
    seems,
)
from attncli.graders.records import each_sheet, who
from attncli.language import _
from attncli.untrusted import code, in_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attncli.graders.feedback import Remarks
    from attncli.graders.records import Course, Record, Written


def write(results: Path, out: Path, course: Course) -> Written:
    """Write a page for each sheet into out/markdown."""
    return each_sheet(results, out / "markdown", ".md", course, render)


def render(view: Record) -> str:
    """Write one sheet's page."""
    return "\n\n".join(blocks(view)) + "\n"


def blocks(view: Record) -> Iterator[str]:
    """Yield the page's blocks."""
    yield f"# {in_markdown(who(view))}"
    yield f"**{score_line(view)}** · {in_markdown(view['config'])}"
    yield from map(in_markdown, opening(view))
    if view["rows"]:
        yield "\n".join(table(view))
    for row in view["rows"]:
        yield from section(row, remarks(row, view))


def table(view: Record) -> Iterator[str]:
    """Yield the lines of the table of rows."""
    heads = (_("row"), "", _("verdict"), _("cells right"), _("points"))
    yield f"| {' | '.join(heads)} |"
    yield "| --- | --- | --- | --- | --- |"
    for row in view["rows"]:
        verdict = row["verdict"]
        earned = points_line(row)
        cells = (in_markdown(row["symbol"]), SIGNS[verdict], _(WORDS[verdict]), cells_line(row), earned)
        yield f"| {' | '.join(cells)} |"


def section(row: Record, said: Remarks) -> Iterator[str]:
    """Yield what is to be said about a row that is not right."""
    if said == type(said)():
        return
    yield f"## {in_markdown(row['symbol'])} {SIGNS[row['verdict']]}"
    if said.says:
        yield in_markdown(said.says)
    if said.cells:
        items = [*said.cells, said.more] if said.more else said.cells
        yield "\n".join(f"- {in_markdown(item)}" for item in items)
    if said.causes:
        yield in_markdown(seems(said.causes))
    for cause in said.causes:
        yield (
            f"{code(cause.formula)}\n\n{in_markdown(cause.says)}"
            if cause.formula
            else in_markdown(cause.says)
        )
    if said.look:
        yield in_markdown(_("To see where it comes from:")) + " " + code(said.look)
