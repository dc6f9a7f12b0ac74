"""The page without its numbers, as text, as a Markdown table and as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.export.latex import latex, size_latex, symbol_latex
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.ops.op import Shape
    from attncli.readings.formulas import Formula
    from attncli.show.display import Display


GAP, NOTE = "   ", "   # "
ONE = N_("one number")


def text(page: Sequence[Formula], display: Display) -> Iterator[str]:
    """Write one line a quantity, the equals signs and the shapes below each other.

    It can be read back as ``formulas:`` of a config, where # begins a comment. Where it is too wide, the
    shapes in letters are left out, then those of the long formulas: a formula is never broken.
    """
    names = [display.fit(formula.symbol) for formula in page]
    written = [
        f"{name:<{widest(names)}} = {display.fit(formula.text)}"
        for name, formula in zip(names, page, strict=True)
    ]
    letters = [display.fit(times(formula.letters)) for formula in page]
    sizes = [display.fit(times(tuple(map(str, formula.shape))) or _(ONE)) for formula in page]
    both = [
        f"{letter:<{widest(letters)}}{GAP}{size}" if letter else size
        for letter, size in zip(letters, sizes, strict=True)
    ]
    rooms = [display.width - widest(notes) - len(NOTE) for notes in (both, sizes)]
    notes, room = (sizes, rooms[1]) if rooms[0] < widest(written) <= rooms[1] else (both, rooms[0])
    start = widest([line for line in written if len(line) <= room])
    for line, note in zip(written, notes, strict=True):
        yield (line if len(line) > room else f"{line:<{start}}{NOTE}{note}").rstrip() + "\n"


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
