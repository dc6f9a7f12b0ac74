"""HTML: one page that stands alone, with nothing fetched and nothing run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.export.entries import entries, heading, read_off
from attncli.export.formats import LONGEST_NAME
from attncli.language import N_, _, active
from attncli.page.lying import worded
from attncli.untrusted import html_start, in_markup, page_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attncli.export.formats import Shown
    from attncli.result import Result
    from attncli.show.display import Display
    from attncli.show.entry import Entry
    from attncli.show.explain import Explained
    from attncli.show.matrix import View


GROUPS = {"given": N_("Given"), "forward": N_("Forward"), "backward": N_("Gradients")}
LIGHT = "--symbol: #8e2a8b; --heat-colour: 255 122 24"
DARK = "--symbol: #e795e4; --heat-colour: 226 92 8"
STYLE = (
    page_style(LIGHT, DARK, "76rem")
    + """\
header p { margin: .2rem 0; color: var(--soft) }
h2, table, .step, nav ul { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
h2 { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere }
h2 b { color: var(--symbol) }
nav { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.2rem; margin: 1.2rem 0;
  padding: .8rem 1.1rem; background: var(--back); border: 1px solid var(--line); border-radius: .5rem }
nav p { margin: 0; color: var(--soft) }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: 0; padding: 0; list-style: none }
a { color: var(--link); text-decoration: none }
a:hover, a:focus { text-decoration: underline }
section { padding: 1.3rem 0; border-top: 1px solid var(--line) }
section:first-child { border-top: 0 }
section:target h2 { text-decoration: underline 2px var(--symbol); text-underline-offset: .3em }
.about, .note { margin: .25rem 0 .7rem; color: var(--soft); font-size: .92rem }
.about span + span::before { content: "|"; margin: 0 .6em; color: var(--line) }
.note { margin: .5rem 0 0 }
.matrices { display: flex; flex-wrap: wrap; gap: 1.1rem 2.2rem }
figure { margin: 0; max-width: 100%; overflow-x: auto }
figcaption { font-weight: 600; font-size: .92rem }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
td { padding: .16rem .6rem; text-align: right; white-space: pre;
  background: rgb(var(--heat-colour) / calc(var(--heat, 0) * .72)) }
th { padding: .16rem .6rem; text-align: right; font-weight: 500; color: var(--soft); white-space: nowrap }
th[scope=row] { padding-left: 0; text-align: left; position: sticky; left: 0; background: var(--paper) }
thead th { border-bottom: 1px solid var(--line) }
thead td { background: none }
i { font-style: normal; color: inherit }
.step { margin: .1rem 0; padding-left: calc((var(--in) + 4) * 1ch); text-indent: -4ch; font-size: .92rem;
  overflow-wrap: anywhere }
@media print {
  nav { display: none }
  figure, section h2 { break-inside: avoid }
  td { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""
)


def write(shown: Shown) -> Iterator[str]:
    """Write a page of the quantities that are shown, under a table of contents."""
    fit = shown.paper.fit
    yield html_start(f"attncli: {heading(shown)[0]}", STYLE, active())
    rows = list(entries(shown))
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"<header><h1>{in_markup(name)}</h1>\n"
        yield "".join(f"<p>{in_markup(line)}</p>\n" for line in lines) + "</header>\n"
    yield from contents(shown.result, rows, fit)
    yield "<main>\n"
    for entry in rows:
        yield from section(entry, fit)
    view = read_off(shown)
    if view:
        yield f'<section id="attention">\n<h2>{fit(_("What each token attends to most"))}</h2>\n'
        yield f'<div class="matrices">{table(view, "")}</div>\n</section>\n'
    yield "</main>\n</body>\n</html>\n"


def contents(result: Result, rows: Sequence[Entry], fit: Callable[[str], str]) -> Iterator[str]:
    """Link every quantity, the givens first."""
    yield f'<nav aria-label="{fit(_("Contents"))}">\n'
    for kind, title in GROUPS.items():
        here = [entry.symbol for entry in rows if group(result, entry.symbol) == kind]
        if here:
            links = " ".join(f'<li><a href="#{symbol}">{symbol}</a></li>' for symbol in here)
            yield f"<p>{fit(_(title))}</p>\n<ul>{links}</ul>\n"
    yield "</nav>\n"


def group(result: Result, symbol: str) -> str:
    """Return the group of GROUPS that a quantity belongs to."""
    row = result.page.row.get(symbol)
    return "given" if row is None else "backward" if row.backward else "forward"


def section(entry: Entry, fit: Callable[[str], str]) -> Iterator[str]:
    """Write one quantity: its formula, what there is to say about it, its numbers."""
    mark, rest = fit("▸"), entry.formula.removeprefix(entry.symbol)
    yield f'<section id="{entry.symbol}">\n<h2><b>{in_markup(entry.symbol)}</b>{in_markup(rest)}</h2>\n'
    if entry.about:
        about = " ".join(f"<span>{in_markup(part)}</span>" for part in entry.about)
        yield f'<p class="about">{about}</p>\n'
    if entry.views:
        yield '<div class="matrices">\n'
        for title, view in zip(entry.titles, entry.views, strict=True):
            caption = f"<figcaption>{title}</figcaption>" if title else ""
            yield f"<figure>{caption}{table(view, mark)}</figure>\n"
        yield "</div>\n"
        if entry.views[0].hidden:
            yield f'<p class="note">{in_markup(entry.views[0].hidden)}</p>\n'
    if entry.marked:
        words = _("the largest of its row; the deeper the shade, the larger the weight")
        words = fit(worded(words, lying=entry.lying))
        yield f'<p class="note"><i>{in_markup(mark)}</i> {words}</p>\n'
    yield "</section>\n"


def table(view: View, mark: str) -> str:
    """Return the names and the numbers; their blanks are kept, so that decimal points stand in line."""
    heads = "".join(f'<th scope="col">{in_markup(name.strip())}</th>' for name in view.columns)
    lines = [f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>"]
    for i, name in enumerate(view.rows):
        cells = "".join(cell(view, i, j, mark) for j in range(len(view.columns)))
        lines.append(f'<tr><th scope="row">{in_markup(name.strip())}</th>{cells}</tr>')
    return "\n".join(lines) + "\n</tbody></table>"


def cell(view: View, i: int, j: int, mark: str) -> str:
    """Return one number, marked and shaded where it is an attention weight."""
    text = in_markup(view.cells[i][j])
    if view.heat is None or view.largest is None:
        return f"<td>{text}</td>"
    sign = f"<i>{in_markup(mark)}</i>" if view.largest[i][j] else " " * len(mark)
    blanks = len(text) - len(text.lstrip())
    heat = round(float(view.heat[i, j]), 3)
    shade = f' style="--heat: {heat:g}"' if heat > 0 else ""
    return f"<td{shade}>{text[:blanks]}{sign}{text[blanks:]}</td>"


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write each cell's working as it stands on paper, and the words about each symbol."""
    fit = display.fit
    yield html_start("attncli explain", STYLE, active())
    yield "<main>\n"
    for one in explained:
        yield f"<section>\n<h2><b>{in_markup(fit(one.name))}</b></h2>\n"
        yield "".join(f"<p>{in_markup(fit(paragraph))}</p>\n" for paragraph in one.words)
        for line in one.trail:
            said = line.lstrip(" ")
            yield f'<p class="step" style="--in: {len(line) - len(said)}">{in_markup(fit(said))}</p>\n'
        for title, view in one.tables(display._replace(room=LONGEST_NAME)):
            yield f'<p class="step" style="--in: 0">{in_markup(fit(title))}</p>\n' if title else ""
            yield f"<figure>{table(view, '')}</figure>\n"
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"
