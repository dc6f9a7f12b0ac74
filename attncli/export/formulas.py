"""The page without its numbers, as text, as a Markdown table and as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.export.latex import latex, size_latex, symbol_latex
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.ops.op import Shape
    from attncli.readings.formulas import Formula


GAP = "   "
ONE = N_("one number")


def text(page: Sequence[Formula], width: int) -> Iterator[str]:
    """Write one line a quantity, the equals signs and the shapes below each other.

    Where that is too wide, the shape in letters is left out, then the shape: a formula is never broken.
    """
    symbols = max((len(formula.symbol) for formula in page), default=0)
    written = [f"{formula.symbol:<{symbols}} = {formula.text}" for formula in page]
    columns = [
        [times(formula.letters) for formula in page],
        [times(tuple(map(str, formula.shape))) or _(ONE) for formula in page],
    ]
    while columns and sum(widest(column) + len(GAP) for column in columns) + widest(written) > width:
        del columns[0]
    table = [written, *columns]
    widths = [widest(column) for column in table]
    for line in zip(*table, strict=True):
        yield GAP.join(cell.ljust(room) for cell, room in zip(line, widths, strict=True)).rstrip() + "\n"


def markdown(page: Sequence[Formula]) -> Iterator[str]:
    """Write a table; formulas stand as code, so that no sign in them is taken for Markdown."""
    yield f"| {_('quantity')} | {_('formula')} | {_('shape')} | {_('size')} |\n"
    yield "|---|---|---|---|\n"
    for formula in page:
        cells = (
            f"`{formula.symbol}`",
            f"`{formula.symbol} = {formula.text}`",
            f"`{times(formula.letters)}`" if formula.letters else "",
            times(tuple(map(str, formula.shape))) or _(ONE),
        )
        yield f"| {' | '.join(cells)} |\n"


def latex_lines(page: Sequence[Formula]) -> Iterator[str]:
    r"""Write a snippet for a document that has amsmath: an ``align*`` with a line a quantity."""
    yield "% \\usepackage{amsmath}\n"
    if not page:
        return  # an empty align* does not compile
    lines = []
    for formula in page:
        shape = r" \times ".join(map(size_latex, formula.letters))
        size = f" && ({shape})" if shape else ""
        lines.append(f"  {symbol_latex(formula.symbol)} &= {latex(formula.text)}{size}")
    yield "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def times(shape: Shape) -> str:
    """``n × d_k``; nothing for one number."""
    return " × ".join(shape)


def widest(column: Sequence[str]) -> int:
    """Return how wide a column is."""
    return max(map(len, column), default=0)
