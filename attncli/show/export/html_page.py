"""HTML: one page that stands alone, with nothing fetched and nothing run."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from attncli.language import N_, _, active
from attncli.show.export.grids import entries, heading, read_off
from attncli.show.export.html_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attncli.result import Result
    from attncli.show.export.grids import Entry
    from attncli.show.export.shown import Shown
    from attncli.show.export.workings import Explained
    from attncli.show.views import Looks, View

GROUPS = {"given": N_("Given"), "forward": N_("Forward"), "backward": N_("Gradients")}


def write(shown: Shown) -> Iterator[str]:
    """Write the rows that are shown, under a table of contents."""
    fit = shown.paper.terminal.fit
    yield from start(f"attncli: {heading(shown)[0]}")
    rows = list(entries(shown))
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"<header><h1>{escape(name)}</h1>\n"
        yield "".join(f"<p>{escape(line)}</p>\n" for line in lines) + "</header>\n"
    yield from contents(shown.result, rows, fit)
    yield "<main>\n"
    for entry in rows:
        yield from section(entry, fit)
    view = read_off(shown)
    if view:
        yield '<section id="reading">\n<h2>' + fit(_("Read off A")) + "</h2>\n"
        yield f'<p class="about">{fit(_("The word that each token looks at most."))}</p>\n'
        yield f'<div class="matrices">{table(view, "")}</div>\n</section>\n'
    yield "</main>\n</body>\n</html>\n"


def start(title: str) -> Iterator[str]:
    """Write what stands before the page."""
    yield '<!DOCTYPE html>\n<html lang="' + active() + '">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"


def contents(result: Result, rows: Sequence[Entry], fit: Callable[[str], str]) -> Iterator[str]:
    """Link every row, the givens first."""
    yield f'<nav aria-label="{fit(_("Contents"))}">\n'
    for kind in ("given", "forward", "backward"):
        here = [entry.symbol for entry in rows if group(result, entry.symbol) == kind]
        if here:
            links = " ".join(f'<li><a href="#{symbol}">{symbol}</a></li>' for symbol in here)
            yield f"<p>{fit(_(GROUPS[kind]))}</p>\n<ul>{links}</ul>\n"
    yield "</nav>\n"


def group(result: Result, symbol: str) -> str:
    """Tell where a row belongs."""
    row = result.page.row.get(symbol)
    return "given" if row is None else "backward" if row.backward else "forward"


def section(entry: Entry, fit: Callable[[str], str]) -> Iterator[str]:
    """Write one row: its formula, what there is to say about it, its numbers."""
    mark, rest = fit("▸"), entry.formula.removeprefix(entry.symbol)
    yield f'<section id="{entry.symbol}">\n<h2><b>{escape(entry.symbol)}</b>{escape(rest)}</h2>\n'
    if entry.about:
        about = " ".join(f"<span>{escape(part)}</span>" for part in entry.about)
        yield f'<p class="about">{about}</p>\n'
    if entry.views:
        yield '<div class="matrices">\n'
        for title, view in zip(entry.titles, entry.views, strict=True):
            caption = f"<figcaption>{title}</figcaption>" if title else ""
            yield f"<figure>{caption}{table(view, mark)}</figure>\n"
        yield "</div>\n"
        if entry.views[0].hidden:
            yield f'<p class="note">{escape(entry.views[0].hidden)}</p>\n'
    if entry.marked:
        words = fit(_("the largest of its row; the deeper the shade, the larger the weight"))
        yield f'<p class="note"><i>{escape(mark)}</i> {words}</p>\n'
    yield "</section>\n"


def table(view: View, mark: str) -> str:
    """Write the names and the numbers; their blanks are kept, so that decimal points stand in line."""
    heads = "".join(f'<th scope="col">{escape(name.strip())}</th>' for name in view.columns)
    lines = [f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>"]
    for i, name in enumerate(view.rows):
        cells = "".join(cell(view, i, j, mark) for j in range(len(view.columns)))
        lines.append(f'<tr><th scope="row">{escape(name.strip())}</th>{cells}</tr>')
    return "\n".join(lines) + "\n</tbody></table>"


def cell(view: View, i: int, j: int, mark: str) -> str:
    """Write one number, marked and shaded where it is an attention weight."""
    text = escape(view.cells[i][j])
    if view.heat is None or view.largest is None:
        return f"<td>{text}</td>"
    sign = f"<i>{escape(mark)}</i>" if view.largest[i][j] else " " * len(mark)
    blanks = len(text) - len(text.lstrip())
    heat = round(float(view.heat[i, j]), 3)
    shade = f' style="--heat: {heat:g}"' if heat > 0 else ""
    return f"<td{shade}>{text[:blanks]}{sign}{text[blanks:]}</td>"


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Write each cell's working as it stands on paper, and the words about each symbol."""
    fit = looks.terminal.fit
    yield from start("attncli explain")
    yield "<main>\n"
    for one in explained:
        yield f"<section>\n<h2><b>{escape(fit(one.name))}</b></h2>\n"
        yield "".join(f"<p>{escape(fit(paragraph))}</p>\n" for paragraph in one.words)
        for line in one.trail:
            said = line.lstrip(" ")
            yield f'<p class="step" style="--in: {len(line) - len(said)}">{escape(fit(said))}</p>\n'
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"
