"""The screen of ``gradcheck``: each gradient, how far its slopes are off, and what was done to find them."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log10
from typing import TYPE_CHECKING

from rich.console import RenderableType

from attncli.language import _, plural
from attncli.readings.gradcheck import SHARE_OF_P, STEP
from attncli.show.listing import Line, Listing
from attncli.show.numbers import FULL, written
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from attncli.readings.gradcheck import GradCheck, RowCheck


NUMBERS = (2, 3)


def screen(check: GradCheck, *, quiet: bool) -> Iterator[RenderableType]:
    """Yield what was done, the table, and the verdict."""
    if not quiet:
        for sentence in what_is_done(check):
            yield Words(sentence)
        yield ""
    lines = [Line(cells_of(row), "" if row.agrees else "bold red") for row in check.rows]
    titles = (_("gradient"), _("moved"), _("cells"), _("difference"), "")
    yield Listing(titles, lines, right=NUMBERS)
    wrong = [row for row in check.rows if not row.agrees]
    if wrong:
        yield ""
    for row in wrong:
        yield Words(apart(check, row), hanging=2)
    if not quiet:
        yield ""
        yield Words(verdict(check, wrong))


def cells_of(row: RowCheck) -> tuple[str, ...]:
    """Write one row of the table.

    A difference that is allowed is what rounding leaves, and not the same on every processor.
    """
    some = row.cells != row.total
    cells = _("{count} of {total}", count=row.cells, total=row.total) if some else str(row.cells)
    if row.agrees:
        return (row.symbol, moved(row), cells, f"≤ {row.allowed:.1e}", _("agrees"))
    return (row.symbol, moved(row), cells, f"{row.difference:.1e} > {row.allowed:.1e}", _("DIFFERS"))


def moved(row: RowCheck) -> str:
    """Name what is moved: a quantity, or one way in which it is used."""
    of, via = row.gradient.of, row.gradient.via
    return _("{of} via {via}", of=of, via=via) if via else of


def what_is_done(check: GradCheck) -> Iterator[str]:
    """Tell which numbers are moved, by how much, and what must come out."""
    loss = check.result.loss
    name = f" ({loss.name}, {loss.reduction})" if loss else ""
    yield _(
        "{config}: each number x is moved by ±{step:g}, everything after it is"
        " recomputed, and (L(x + {step:g}) − L(x − {step:g})) / {twice:g} must be"
        " its gradient{loss}.",
        config=check.result.problem.name,
        step=check.step,
        twice=2 * check.step,
        loss=name,
    )
    yield _(
        "They agree where they differ by at most {tolerance:g} times the gradient's largest number"
        " and what rounding leaves.",
        tolerance=check.tolerance,
    )
    if any(row.moved == "P" for row in check.rows):
        yield _(
            "P stays between 0 and 1: it is moved by at most {share:g} of its distance from them, and L"
            " is taken by its definition.",
            share=SHARE_OF_P,
        )
    if any(row.gradient.via for row in check.rows):
        yield _("X via Q: X is moved only where it is used for Q.")
    if check.sampled:
        yield _(
            "The page is large: {count:,} of {total:,} numbers are moved, chosen at random (fixed seed).",
            count=sum(row.cells for row in check.rows),
            total=sum(row.total for row in check.rows),
        )


def apart(check: GradCheck, row: RowCheck) -> str:
    """Name the cell of a row that is most off."""
    cell = check.result.cell_name(row.symbol, row.index)
    decimals = max(0, ceil(-log10(row.allowed))) if row.allowed else FULL
    return _(
        "{formula}: {cell} is {page} on the page; the slope is {slope}",
        formula=check.result.formula(row.symbol),
        cell=cell,
        page=written(row.page, decimals),
        slope=written(row.slope, decimals),
    )


def verdict(check: GradCheck, wrong: list[RowCheck]) -> str:
    """Say how it came out."""
    count = len(check.rows)
    if not wrong:
        if count == 1:
            return _("The gradient agrees with the slope of the loss.")
        return _("All {n} gradients agree with the slope of the loss.", n=count)
    said = plural(
        "{n} of {gradients} differs from the slope of the loss. The"
        " first one in the table is where to look: those below it are made from it.",
        "{n} of {gradients} differ from the slope of the loss. The"
        " first one in the table is where to look: those below it are made from it.",
        len(wrong),
        gradients=plural("{n} gradient", "{n} gradients", count),
    )
    if check.step <= STEP:
        return said
    doubt = _(
        "But ±{step:g} is a long step: the slope itself may be off. Try --step {shorter:g}.",
        step=check.step,
        shorter=STEP,
    )
    return f"{said} {doubt}"
