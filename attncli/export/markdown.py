"""Markdown, as GitHub reads it: a heading, the formula and a table for each row of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.export.entries import entries, heading, read_off
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.entries import Entry
    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.explain import Explained
    from attncli.show.matrix import View


# The last two make links of addresses, which GitHub finds by itself.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&@$]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def write(shown: Shown) -> Iterator[str]:
    """Write the rows that are shown, one after the other."""
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"# {escaped(name)}\n\n" + "".join(f"{escaped(line)}\n\n" for line in lines)
    for entry in entries(shown):
        yield from row(entry)
    view = read_off(shown)
    if view:
        words = _("The word that each token looks at most:")
        yield f"## {_('Read off A')}\n\n{words}\n\n{table(view)}\n"


def row(entry: Entry) -> Iterator[str]:
    """Write one row: what it is, its formula, its numbers."""
    yield f"## {escaped(entry.symbol)}\n\n{code(entry.formula)}"
    yield f": {escaped(', '.join(entry.about))}\n\n" if entry.about else "\n\n"
    for title, view in zip(entry.titles, entry.views, strict=True):
        yield f"### {title}\n\n" if title else ""
        yield table(view) + "\n"
        yield f"{escaped(view.hidden)}\n\n" if view.hidden else ""


def table(view: View) -> str:
    """Write the names and the numbers; every line has as many cells as the first."""
    lines = [
        ["", *map(escaped, view.columns)],
        ["---", *["---:"] * len(view.columns)],
        *([escaped(name), *cells] for name, cells in zip(view.rows, inner(view), strict=True)),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def inner(view: View) -> Iterator[list[str]]:
    """Yield the cells of each line; numbers stand as they are, words are escaped."""
    for line in view.cells:
        yield [text.strip() if is_number(text) else escaped(text) for text in line]


def is_number(text: str) -> bool:
    """Whether a cell holds a number as it is shown."""
    return bool(re.fullmatch(r"\s*-?[\d.]+(e[+-]?\d+)?\s*", text)) and any(map(str.isdigit, text))


def escaped(text: str) -> str:
    """Write text so that no sign in it is taken for Markdown or HTML."""
    return SPECIAL.sub(r"\\\g<0>", text.strip())


def code(text: str, fence: str = "`") -> str:
    """Write text as it stands, between more backticks than there are in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = fence if longest < len(fence) else "`" * (longest + 1)
    return f"{ticks}{text}{ticks}" if len(fence) == 1 else f"{ticks}text\n{text}\n{ticks}"


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write each cell's working as it stands on paper, and the words about each symbol."""
    fit = display.fit
    for one in explained:
        yield f"# {escaped(fit(one.name))}\n\n"
        yield "".join(f"{escaped(fit(paragraph))}\n\n" for paragraph in one.words)
        if one.trail:
            yield code(fit("\n".join(one.trail)), "```") + "\n\n"
