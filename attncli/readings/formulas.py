"""The page without its numbers: each row's formula and its shape, in letters and in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.choices import LOSSES, REDUCTIONS
from attncli.ops.op import lengths
from attncli.page.chain_rule import whole_page
from attncli.page.lying import lying_page
from attncli.report import one_of

if TYPE_CHECKING:
    from attncli.ops.op import Shape
    from attncli.page.page import Page, Row
    from attncli.problem.problem import Problem


@dataclass(frozen=True)
class Formula:
    """One row of the page as it is written: ``symbol`` = ``text``, and how large it is."""

    symbol: str
    text: str
    letters: Shape
    shape: tuple[int, ...]
    backward: bool


def page_of(
    problem: Problem, *, backward: bool = False, loss: str | None = None, reduction: str | None = None
) -> Page:
    """Return a problem's page, with its loss and its gradients if ``backward``.

    Formulas need no numbers, so that a problem without a target has all of them. ``loss`` and
    ``reduction`` are the config's where they are None. Raises AttnError where they are unknown.
    """
    if not backward:
        return as_shown(problem, whole_page(problem.form, problem.given_rows, None, mean=False))
    loss = one_of("--loss", loss or problem.loss, LOSSES)
    reduction = one_of("--reduction", reduction or problem.reduction, REDUCTIONS)
    mean = reduction == "mean" and loss != "upstream"
    return as_shown(problem, whole_page(problem.form, problem.given_rows, loss, mean=mean))


def as_shown(problem: Problem, page: Page) -> Page:
    """Return a page in the layout in which the problem is shown."""
    return lying_page(page) if problem.lying else page


def formulas(problem: Problem, page: Page) -> list[Formula]:
    """Read every row of the page, in its order."""
    return [formula_of(problem, row) for row in page.rows]


def formula_of(problem: Problem, row: Row) -> Formula:
    """Read one row."""
    letters = problem.shown_letters(row.of or row.symbol)
    text = row.op.text(*row.args)
    return Formula(row.symbol, text, letters, lengths(letters, problem.sizes), row.backward)
