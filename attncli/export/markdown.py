"""Markdown, as GitHub reads it: a heading, the formula and a table for each quantity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.export.entries import entries, heading, read_off
from attncli.export.formats import LONGEST_NAME
from attncli.language import _
from attncli.untrusted import code, in_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.entry import Entry
    from attncli.show.explain import Explained
    from attncli.show.matrix import View


def write(shown: Shown) -> Iterator[str]:
    """Write the quantities that are shown, one after the other."""
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"# {in_markdown(name)}\n\n" + "".join(f"{in_markdown(line)}\n\n" for line in lines)
    for entry in entries(shown):
        yield from row(entry)
    view = read_off(shown)
    if view:
        yield f"## {_('What each token attends to most')}\n\n{table(view)}\n"


def row(entry: Entry) -> Iterator[str]:
    """Write one quantity: what it is, its formula, its numbers."""
    yield f"## {in_markdown(entry.symbol)}\n\n{code(entry.formula)}"
    yield f": {in_markdown(', '.join(entry.about))}\n\n" if entry.about else "\n\n"
    for title, view in zip(entry.titles, entry.views, strict=True):
        yield f"### {title}\n\n" if title else ""
        yield table(view) + "\n"
        yield f"{in_markdown(view.hidden)}\n\n" if view.hidden else ""


def table(view: View) -> str:
    """Return the names and the numbers; every line has as many cells as the first."""
    lines = [
        ["", *map(in_markdown, view.columns)],
        ["---", *["---:"] * len(view.columns)],
        *([in_markdown(name), *map(cell, line)] for name, line in zip(view.rows, view.cells, strict=True)),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(text: str) -> str:
    """Return a cell: a number as it stands, words escaped."""
    number = re.fullmatch(r"\s*-?(\.?\d[\d.]*(e[+-]?\d+)?|∞|inf)\s*", text)
    return text.strip() if number else in_markdown(text)


def fenced(text: str) -> str:
    """Return lines as code that stands by itself, between more backticks than there are in them."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write each cell's working as it stands on paper, and the words about each symbol."""
    fit = display.fit
    for one in explained:
        yield f"# {in_markdown(fit(one.name))}\n\n"
        yield "".join(f"{in_markdown(fit(paragraph))}\n\n" for paragraph in one.words)
        if one.trail:
            yield fenced(fit("\n".join(one.trail))) + "\n\n"
        for title, view in one.tables(display._replace(room=LONGEST_NAME)):
            yield f"{code(fit(title))}\n\n" if title else ""
            yield table(view) + "\n"
