"""The cells of a row that are not right: what stands there, and for a teacher what should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.harmless import harmless
from attncli.language import _, plural
from attncli.rounding import MOST_DECIMALS
from attncli.show.digits import aligned, alone
from attncli.show.summary import Line, paragraph, summary
from attncli.show.words import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.homework.marks import RowMark, WrongCell
    from attncli.problem.problem import Problem
    from attncli.show.terminal import Terminal

MOST = 6


def wrong_cells(
    row: RowMark, problem: Problem, terminal: Terminal, *, student: bool, full: bool
) -> Iterator[str]:
    """Yield a table of the first wrong cells; ``full``: of all of them."""
    listed = row.wrong_cells if full else row.wrong_cells[:MOST]
    if not listed:
        return
    decimals = min(max(problem.decimals, row.answer.decimals if row.answer else 0), MOST_DECIMALS)
    columns = [
        (_("cell"), [cell.cell for cell in listed]),
        (_("yours"), aligned([yours(cell, row) for cell in listed])),
    ]
    if not student:
        columns.append((_("should be"), aligned([right(cell, decimals) for cell in listed])))
    titles, cells = zip(*columns, strict=True)
    yield "\n"
    yield summary(terminal, titles, [Line(line) for line in zip(*cells, strict=True)], right=())
    more = len(row.wrong_cells) - len(listed)
    if more:
        yield paragraph(
            terminal,
            plural("and {n} more cell; --full shows all", "and {n} more cells; --full shows all", more),
        )


def yours(cell: WrongCell, row: RowMark) -> str:
    """Write what the student did; what is no number may be long, and is cut."""
    unreadable = row.answer is not None and row.answer.unreadable[cell.index]
    return label(cell.yours) if unreadable else harmless(cell.yours)


def right(cell: WrongCell, decimals: int) -> str:
    """Write what should stand in a cell."""
    return "" if cell.right is None else alone(cell.right, decimals)
