"""The screen of ``gradcheck``: each gradient, how far its slopes are off, and what was done to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _, plural
from attncli.names import cell_name
from attncli.readings.gradcheck import SHARE_OF_P, STEP, labels
from attncli.show.listing import Line, paragraph, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.readings.gradcheck import GradCheck, RowCheck
    from attncli.show.terminal import Terminal


NUMBERS = (2, 3, 4)


def checks(check: GradCheck, terminal: Terminal, *, quiet: bool) -> Iterator[str]:
    """Yield what was done, the table, and the verdict."""
    if not quiet:
        for sentence in what_is_done(check):
            yield paragraph(terminal, sentence)
        yield "\n"
    lines = [Line(cells_of(row), "" if row.agrees else "bold red") for row in check.rows]
    titles = (_("gradient"), _("moved"), _("cells"), _("largest difference"), _("allowed"), "")
    yield summary(terminal, titles, lines, right=NUMBERS)
    wrong = [row for row in check.rows if not row.agrees]
    if wrong:
        yield "\n"
    for row in wrong:
        yield paragraph(terminal, apart(check, row), indent="  ")
    if not quiet:
        yield "\n"
        yield paragraph(terminal, verdict(check, wrong))


def cells_of(row: RowCheck) -> tuple[str, ...]:
    """Write one row of the table."""
    some = row.cells != row.total
    cells = _("{count} of {total}", count=row.cells, total=row.total) if some else str(row.cells)
    judged = _("agrees") if row.agrees else _("DIFFERS")
    return (row.symbol, moved(row), cells, f"{row.difference:.1e}", f"{row.allowed:.1e}", judged)


def moved(row: RowCheck) -> str:
    """Name what is moved: a quantity, or one way in which it is used."""
    of, via = row.gradient.of, row.gradient.via
    return _("{of} into {via}", of=of, via=via) if via else of


def what_is_done(check: GradCheck) -> Iterator[str]:
    """Tell which numbers are moved, by how much, and what must come out."""
    loss = check.result.loss
    name = f" ({loss.name}, {loss.reduction})" if loss else ""
    yield _(
        "{config}: each number x is moved by ±{step:g}, all that comes after it is"
        " worked out again, and (L(x + {step:g}) − L(x − {step:g})) / {twice:g} must be"
        " its gradient{loss}.",
        config=check.result.problem.name,
        step=check.step,
        twice=2 * check.step,
        loss=name,
    )
    if any(row.moved == "P" for row in check.rows):
        yield _(
            "P stays between 0 and 1: it is moved by at most {share:g} of its distance from them, and L"
            " is taken by its definition.",
            share=SHARE_OF_P,
        )
    if any(row.gradient.via for row in check.rows):
        yield _("X into Q: X is moved only where it is used for Q.")
    if check.sampled:
        yield _(
            "The page is large: {count:,} of {total:,} numbers are moved, chosen by lot (always the same).",
            count=sum(row.cells for row in check.rows),
            total=sum(row.total for row in check.rows),
        )


def apart(check: GradCheck, row: RowCheck) -> str:
    """Name the cell of a row that is most off."""
    cell = cell_name(row.symbol, row.index, labels(check.result, row.symbol))
    formula = check.result.formula(row.symbol)
    return _(
        "{formula}: {cell} is {page:.8g} on the page; the slope is {slope:.8g}",
        formula=formula,
        cell=cell,
        page=row.page,
        slope=row.slope,
    )


def verdict(check: GradCheck, wrong: list[RowCheck]) -> str:
    """Say how it came out."""
    count = len(check.rows)
    if not wrong:
        return plural(
            "The {n} gradient agrees.", "All {n} gradients agree with the slope of the loss.", count
        )
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
