"""What there is to show of one quantity of the page: on a screen or in a document, its grids of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _
from attncli.names import MATRIX
from attncli.show.glossary import caption
from attncli.show.matrix import View, matrix_view
from attncli.show.numbers import alone, in_full

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.result import Result
    from attncli.show.display import Display

# Two quantities in one formula have two colours.
COLORS = {
    symbol: color
    for color, symbols in (
        ("blue", ("X", "E", "Ev", "C")),
        ("cyan", ("Q", "Qh", "A", "P")),
        ("green", ("K", "Kh", "B", "H", "Y", "U")),
        ("yellow", ("V", "Vh", "M", "bo")),
        ("red", ("S", "O", "bq", "bk", "bv")),
        ("magenta", ("Z", "L", "Wq", "Wk", "Wv", "Wo")),
    )
    for symbol in symbols
}


@dataclass(frozen=True)
class Entry:
    """One quantity: its formula, what there is to say about it, and its numbers.

    ``views`` is empty for one number, which stands in the formula; with heads it has one view a head,
    each with its title.
    """

    symbol: str
    formula: str
    about: tuple[str, ...]
    titles: tuple[str, ...]
    views: tuple[View, ...]
    lying: bool = False

    @property
    def marked(self) -> bool:
        """Whether the largest cells of rows, lying of columns, are marked."""
        return any(any(line) for view in self.views for line in view.largest or ())


def entry_of(result: Result, symbol: str, value: Array, display: Display, *, head: int | None) -> Entry:
    """Read one quantity, all of its heads or only one, in the characters that there are.

    ``value`` is its value, or on screens that without what is only rounding.
    """
    fit = display.fit
    formula = fit(equation(result, symbol, display.decimals))
    words = tuple(fit(part) for part in about(result, symbol, display.decimals) if part)
    if value.ndim == 0:
        return Entry(symbol, formula, words, (), ())
    rows, columns = [("",), *result.labels(symbol)][-2:]
    with_heads = value.ndim > MATRIX
    matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
    chosen = [head - 1] if with_heads and head is not None else range(len(matrices))
    peak = max(float(matrices[h].max()) for h in chosen) if symbol == "A" else None
    return Entry(
        symbol,
        formula,
        words,
        tuple(_("head {number}", number=h + 1) for h in chosen) if with_heads else ("",),
        tuple(
            matrix_view(matrices[h], rows, columns, display, peak=peak, lying=result.problem.lying)
            for h in chosen
        ),
        result.problem.lying,
    )


def equation(result: Result, symbol: str, decimals: int) -> str:
    """Write the formula; that of one number says what it came to."""
    value = result[symbol]
    return result.formula(symbol) + (f" = {alone(float(value), decimals)}" if value.ndim == 0 else "")


def about(result: Result, symbol: str, decimals: int) -> tuple[str, ...]:
    """Tell the size, the meaning, the numbers that stand in the formula as letters, and the drift."""
    row = result.page.row.get(symbol)
    constants = [
        f"{name} = {in_full(number) if name == 'ε' else alone(number, decimals)}"
        for name in (row.args if row else ())
        if (number := result.constants.get(name)) is not None
    ]
    return (
        " × ".join(map(str, result[symbol].shape)),
        result.words(caption(symbol, result.page, result.problem)),
        ", ".join(constants),
        drift(result, symbol),
    )


def drift(result: Result, symbol: str) -> str:
    """Say how far rounding on the way has carried a quantity from its exact value, where there was any."""
    off = result.drift(symbol)
    if off is None:
        return ""
    return _("off by up to {size:.2g}", size=off) if off else _("exact")


def symbol_style(symbol: str) -> str:
    """Return the style of a symbol on every screen; a gradient has that of its quantity.

    A symbol that somebody made up is only bold.
    """
    return f"bold {COLORS.get(symbol.removeprefix('d').partition('_')[0], '')}".strip()
