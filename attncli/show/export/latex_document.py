r"""LaTeX: a whole document that needs amsmath and nothing else out of the ordinary.

A matrix is a ``bmatrix`` with the names of its rows beside it; one too wide or too long for the page is
split, so that no number is lost. Tokens beyond Latin letters need xelatex or lualatex.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.harmless import harmless
from attncli.language import _
from attncli.show.digits import alone
from attncli.show.export.grids import entries, heading
from attncli.show.export.tex import TexWorking, number, split, text
from attncli.show.latex import latex, symbol_latex
from attncli.show.layout import split as blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.show.export.grids import Entry
    from attncli.show.export.shown import Shown
    from attncli.show.export.workings import Explained
    from attncli.show.views import Looks, View

# In points, at the size of the text: how wide the page, a letter, and the gap between columns are.
ROOM, LETTER, GAP = 470, 5, 10
LONGEST = 40  # rows on one page
PREAMBLE = r"""% Letters that pdflatex does not have need xelatex or lualatex.
\documentclass{article}
\usepackage{iftex}
\iftutex\usepackage{fontspec}\else\usepackage[T1]{fontenc}\fi
\usepackage{amsmath}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\setcounter{secnumdepth}{0}
\newcommand{\trail}[2]{{\raggedright\leftskip=#1em\hangafter=1\hangindent=2em #2\par}}
"""


def write(shown: Shown) -> Iterator[str]:
    """Write the rows that are shown, one after the other."""
    # Numbers have LaTeX's own signs, whatever the terminal takes; only words are fitted to it.
    looks = shown.paper
    rows = list(entries(shown, looks._replace(terminal=looks.terminal._replace(ascii_only=False))))
    widest = max((len(view.columns) for entry in rows for view in entry.views), default=0)
    yield PREAMBLE
    yield f"\\setcounter{{MaxMatrixCols}}{{{max(10, widest)}}}\n\\begin{{document}}\n"
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"\\section{{{text(name)}}}\n" + "\n\n".join(map(text, lines)) + "\n"
    for entry in rows:
        yield "".join(row(shown, entry))
    yield "\\end{document}\n"


def row(shown: Shown, entry: Entry) -> Iterator[str]:
    """Write one row: its meaning, its formula, its numbers."""
    result, symbol, fit = shown.result, entry.symbol, shown.looks.terminal.fit
    yield f"\n\\subsection{{{text(symbol)}}}\n"
    if entry.about:
        yield f"{text(fit(', '.join(entry.about)))}\n"
    formula = symbol_latex(symbol)
    found = result.page.row.get(symbol)
    if found:
        formula += f" = {latex(found.op.text(*found.args))}"
    if not entry.views:
        value = number(alone(float(result[symbol]), shown.looks.decimals))
        yield display(f"{formula} = {value}")
        return
    names = [[fit(name).strip() for name in view.rows] for view in entry.views]
    pieces = [
        (title, down, across, matrix(view, labels, down, across))
        for title, view, labels in zip(entry.titles, entry.views, names, strict=True)
        for down, across in parts(view, labels)
    ]
    if len(pieces) == 1 and not pieces[0][0] and fits(entry, formula, names[0]):
        yield display(f"{formula} =\n{pieces[0][3]}")
    else:
        yield display(formula) if found else ""
        for title, down, across, body in pieces:
            label = fit(place(title, down, across, entry.views[0]))
            yield f"\n{label}\n" if label else ""
            yield display(body)
    if result.problem.labels(result.letters(symbol)[-1]) is not None:
        columns = ", ".join(text(fit(name)) for name in entry.views[0].columns)
        yield fit(_("Columns: {names}", names=columns)) + "\n"
    if entry.views[0].hidden:
        yield f"\n{text(fit(entry.views[0].hidden))}\n"


def display(formula: str) -> str:
    """Set a formula on lines of its own."""
    return f"\\[\n{formula.rstrip()}\n\\]\n"


def matrix(view: View, names: Sequence[str], down: range, across: range) -> str:
    r"""Write some rows and columns as a ``bmatrix``, with the rows' names beside it."""
    lines = [" & ".join(number(view.cells[i][j]) for j in across) for i in down]
    body = "\\begin{bmatrix}\n" + " \\\\\n".join(lines) + "\n\\end{bmatrix}\n"
    if not any(names):
        return body
    beside = " \\\\ ".join(rf"\text{{{text(names[i])}}}" for i in down)
    return f"\\begin{{array}}{{r}} {beside} \\end{{array}}\n{body}"


def parts(view: View, names: Sequence[str]) -> Iterator[tuple[range, range]]:
    """Split what is too large for the page: into some columns of some rows."""
    columns = blocks(widths(view), ROOM - names_width(names))
    for start in range(0, len(view.rows), LONGEST):
        down = range(start, min(start + LONGEST, len(view.rows)))
        yield from ((down, across) for across in columns)


def fits(entry: Entry, formula: str, names: Sequence[str]) -> bool:
    """Whether a formula and its matrix have room on one line."""
    letters = re.sub(r"\\[a-z]+", "x", formula)
    return len(letters) * LETTER + names_width(names) + sum(widths(entry.views[0])) < ROOM


def widths(view: View) -> list[int]:
    """How wide each column is."""
    return [max(len(line[j].strip()) for line in view.cells) * LETTER + GAP for j in range(len(view.columns))]


def names_width(names: Sequence[str]) -> int:
    """How wide the names of the rows are, and the brackets."""
    return max(map(len, names)) * LETTER + 2 * GAP


def place(title: str, down: range, across: range, view: View) -> str:
    """Say which head, which rows and which columns these are; nothing where they are all."""
    said = [title] if title else []
    if len(down) < len(view.rows):
        said.append(_("rows {first} to {last}", first=down[0] + 1, last=down[-1] + 1))
    if len(across) < len(view.columns):
        said.append(_("columns {first} to {last}", first=across[0] + 1, last=across[-1] + 1))
    return ", ".join(said)


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Write each cell's working, its arithmetic as formulas, and the words about each symbol."""
    fit = looks.terminal.fit
    yield PREAMBLE + "\\begin{document}\n"
    for one in explained:
        yield f"\n\\subsection{{{text(fit(one.name))}}}\n"
        yield "".join(f"{text(fit(paragraph))}\n\n" for paragraph in one.words)
        if one.has_working:
            working = TexWorking(one.decimals, fit, full=one.full)
            for line in working.trail(one.explanation, one.depth):
                depth, body = split(harmless(line))
                yield f"\\trail{{{depth}}}{{{body}}}\n"
    yield "\\end{document}\n"
