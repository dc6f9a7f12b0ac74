"""What an exported document shows of a result: each row of the page as grids of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _
from attncli.names import MATRIX
from attncli.show.matrix import View, matrix_view
from attncli.show.page import about, attention_view, equation, loss_line, sizes
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.export.formats import Shown
    from attncli.show.display import Display


@dataclass(frozen=True)
class Entry:
    """One row of the page: its formula, what there is to say about it, and its numbers.

    ``views`` is empty for one number, which stands in the formula; with heads it has one view a head,
    each with its title.
    """

    symbol: str
    formula: str
    about: tuple[str, ...]
    titles: tuple[str, ...]
    views: tuple[View, ...]

    @property
    def marked(self) -> bool:
        """Whether the largest cells of rows are marked."""
        return any(any(line) for view in self.views for line in view.largest or ())


def entries(shown: Shown, display: Display | None = None) -> Iterator[Entry]:
    """Yield the rows that are shown, in their order."""
    for symbol in shown.symbols:
        yield entry(shown, symbol, display or shown.paper)


def entry(shown: Shown, symbol: str, display: Display) -> Entry:
    """Read one row of the page."""
    result, value = shown.result, shown.result[symbol]
    fit = display.fit
    formula = fit(equation(result, symbol, display.decimals))
    words = tuple(fit(part) for part in about(result, symbol, display.decimals) if part)
    if value.ndim == 0:
        return Entry(symbol, formula, words, (), ())
    rows, columns = [("",), *result.labels(symbol)][-2:]
    headed = value.ndim > MATRIX
    matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
    chosen = [shown.head - 1] if headed and shown.head is not None else range(len(matrices))
    peak = max(float(matrices[h].max()) for h in chosen) if symbol == "A" else None
    return Entry(
        symbol,
        formula,
        words,
        tuple(_("head {number}", number=h + 1) for h in chosen) if headed else ("",),
        tuple(matrix_view(matrices[h], rows, columns, display, peak=peak) for h in chosen),
    )


def heading(shown: Shown) -> tuple[str, list[str]]:
    """Return the problem's name, and the lines about it."""
    result, fit = shown.result, shown.display.fit
    lines = [sizes(result)]
    if result.loss:
        lines.append(loss_line(result.loss, shown.display.decimals).plain)
    return fit(sanitize(result.problem.name)), list(map(fit, lines))


def read_off(shown: Shown) -> View | None:
    """Return what each token attends to most; None where A is not shown."""
    if shown.quiet or "A" not in shown.symbols:
        return None
    return attention_view(shown.result, shown.paper, head=shown.head)
