"""Markdown, as GitHub reads it: a heading, the formula and a table for each row of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.export.entries import entries, heading, read_off
from attncli.language import _
from attncli.untrusted import code, in_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.entries import Entry, Shown
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks, View


def write(shown: Shown) -> Iterator[str]:
    """Write the rows that are shown, one after the other."""
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"# {in_markdown(name)}\n\n" + "".join(f"{in_markdown(line)}\n\n" for line in lines)
    for entry in entries(shown):
        yield from row(entry)
    view = read_off(shown)
    if view:
        words = _("The word that each token looks at most:")
        yield f"## {_('Read off A')}\n\n{words}\n\n{table(view)}\n"


def row(entry: Entry) -> Iterator[str]:
    """Write one row: what it is, its formula, its numbers."""
    yield f"## {in_markdown(entry.symbol)}\n\n{code(entry.formula)}"
    yield f": {in_markdown(', '.join(entry.about))}\n\n" if entry.about else "\n\n"
    for title, view in zip(entry.titles, entry.views, strict=True):
        yield f"### {title}\n\n" if title else ""
        yield table(view) + "\n"
        yield f"{in_markdown(view.hidden)}\n\n" if view.hidden else ""


def table(view: View) -> str:
    """Write the names and the numbers; every line has as many cells as the first."""
    lines = [
        ["", *map(in_markdown, view.columns)],
        ["---", *["---:"] * len(view.columns)],
        *([in_markdown(name), *cells] for name, cells in zip(view.rows, inner(view), strict=True)),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def inner(view: View) -> Iterator[list[str]]:
    """Yield the cells of each line; numbers stand as they are, words are escaped."""
    for line in view.cells:
        yield [text.strip() if is_number(text) else in_markdown(text) for text in line]


def is_number(text: str) -> bool:
    """Whether a cell holds a number as it is shown."""
    return re.fullmatch(r"\s*-?(\.?\d[\d.]*(e[+-]?\d+)?|∞|inf)\s*", text) is not None


def fenced(text: str) -> str:
    """Return lines as code that stands by itself, between more backticks than there are in them."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Write each cell's working as it stands on paper, and the words about each symbol."""
    fit = looks.terminal.fit
    for one in explained:
        yield f"# {in_markdown(fit(one.name))}\n\n"
        yield "".join(f"{in_markdown(fit(paragraph))}\n\n" for paragraph in one.words)
        if one.trail:
            yield fenced(fit("\n".join(one.trail))) + "\n\n"
