"""The screen of ``diff``: how far a change reaches, row by row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType

from attncli.choices import MOST_DECIMALS
from attncli.language import N_, _
from attncli.show.listing import Line, Listing
from attncli.show.numbers import FULL, written
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from attncli.readings.diff import Difference, RowDifference


MOST_WORDS = 12


def screen(
    found: Difference, names: tuple[str, str], *, decimals: int, quiet: bool
) -> Iterator[RenderableType]:
    """Yield which pages these are, the rows that differ, and those that do not."""
    if not quiet:
        yield Words(_("first: {name}", name=names[0]))
        yield Words(_("second: {name}", name=names[1]), hanging=2)
        yield ""
    if found.same:
        yield Words(_("The same: {count} quantities, every number of them.", count=len(found.rows)))
        return
    changed = [row for row in found.rows if row.cells or row.reshaped]
    if changed:
        lines = [Line(cells_of(row, decimals)) for row in changed]
        titles = (_("quantity"), _("cells"), _("largest difference"), _("in"), _("first → second"))
        yield Listing(titles, lines, right=(2,))
        yield ""
    for sentence in rest(found):
        yield Words(sentence, hanging=2)


def cells_of(row: RowDifference, decimals: int) -> tuple[str, ...]:
    """Write one row of the table."""
    if row.reshaped:
        first, second = (" × ".join(map(str, shape)) or _("one number") for shape in row.shapes)
        return (row.symbol, _("shape differs"), "", "", f"{first} → {second}")
    if row.of <= 1:
        cells = _("its number")
    elif row.cells == row.of:
        cells = _("all of {total}", total=row.of)
    else:
        cells = _("{count} of {total}", count=row.cells, total=row.of)
    where = row.cell if row.index else ""
    first, second = numbers(row, decimals)
    largest = "∞" if math.isinf(row.largest) else f"{row.largest:.3g}"
    return (row.symbol, cells, largest, where, f"{first} → {second}")


def numbers(row: RowDifference, decimals: int) -> tuple[str, str]:
    """Write the two numbers with as many decimals as it takes to tell them apart."""
    if decimals != FULL and 0 < row.largest < 1:
        decimals = max(decimals, 1 - math.floor(math.log10(row.largest)))
        decimals = FULL if decimals > MOST_DECIMALS else decimals
    first, second = (written(value, decimals) for value in row.values)
    return first, second


def rest(found: Difference) -> Iterator[str]:
    """Tell what does not fit into the table."""
    if found.words:
        first, second = map(listed, found.words)
        yield _("The words: {first} → {second}", first=first, second=second)
    for row in found.rows:
        if row.formulas[0] != row.formulas[1]:
            yield _("Formula changed: {first} → {second}", first=row.formulas[0], second=row.formulas[1])
    for message, symbols, result in (
        (N_("Only on the first page: {formulas}"), found.only_first, found.first),
        (N_("Only on the second page: {formulas}"), found.only_second, found.second),
    ):
        if symbols:
            yield _(message, formulas=", ".join(map(result.formula, symbols)))
    same = [row.symbol for row in found.rows if not row.cells and not row.reshaped]
    yield _("Unchanged: {symbols}", symbols=", ".join(same) or _("none"))


def listed(words: tuple[str, ...]) -> str:
    """Write words one after the other, the first few of them."""
    return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")
