"""The screen of ``check``: the score, every row's verdict, and what is wrong with those that are."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import RenderableType

from attncli.choices import MOST_DECIMALS
from attncli.homework.marks import Verdict
from attncli.homework.policy import Hint
from attncli.language import _, plural
from attncli.show.answers import answer_parts, shows_all, title_of
from attncli.show.listing import Line, Listing
from attncli.show.matrix import flush, label
from attncli.show.numbers import aligned, alone
from attncli.show.terminal import INDENT, Words
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from attncli.homework.marks import Finding, Mark, RowMark, WrongCell
    from attncli.problem.problem import Problem
    from attncli.show.display import Display


STYLES = {
    Verdict.CORRECT: "green",
    Verdict.FOLLOW_THROUGH: "cyan",
    Verdict.BLANK: "dim",
    Verdict.UNREADABLE: "bold yellow",
    Verdict.WRONG: "bold red",
}
IN_DETAIL = (Verdict.WRONG, Verdict.UNREADABLE)
MOST = 6


@dataclass(frozen=True)
class Telling:
    """What is told of a mark, and to whom.

    ``config`` are the arguments with which ``attncli explain`` finds the same problem.
    """

    student: bool
    hint: Hint
    config: str
    quiet: bool = False

    @property
    def cells(self) -> bool:
        """Whether the wrong cells are named."""
        return not self.student or self.hint is not Hint.NONE

    @property
    def mistakes(self) -> bool:
        """Whether it is said what seems to have been done."""
        return not self.student or self.hint is Hint.MISTAKE


def screen(mark: Mark, problem: Problem, display: Display, telling: Telling) -> Iterator[RenderableType]:
    """Yield the score, the table of the rows, and then each row in which something is wrong."""
    yield Words(mark.heading(student=telling.student))
    yield ""
    yield table(mark, telling)
    if telling.quiet:
        return
    if any(row.verdict is Verdict.FOLLOW_THROUGH for row in mark.rows):
        sign = Verdict.FOLLOW_THROUGH.sign
        yield ""
        yield Words(
            _("{sign} correct working from earlier wrong numbers", sign=sign),
            hanging=INDENT,
        )
    if not telling.cells:
        return
    for row in mark.rows:
        if row.verdict in IN_DETAIL:
            yield ""
            yield from detail(row, problem, display, telling)


def table(mark: Mark, telling: Telling) -> Listing:
    """Write the table of all rows."""
    shown = [0, 1, 2, 3] if telling.cells else [0, 1, 3]
    titles, *lines = ([row[i] for i in shown] for row in mark.table)
    return Listing(
        titles,
        [
            Line((label(symbol), *cells), STYLES[row.verdict])
            for row, (symbol, *cells) in zip(mark.rows, lines, strict=True)
        ],
    )


def detail(row: RowMark, problem: Problem, display: Display, telling: Telling) -> Iterator[RenderableType]:
    """Yield what the student wrote, what is wrong with it, and what seems to have been done."""
    yield title_of(row, row.verdict.sign, formula=telling.mistakes)
    sentence = row.says if telling.student else row.reason or row.says
    if sentence:
        yield Words(sentence)
    yield from answer_parts(row, problem, display)
    if not (telling.student and shows_all(row, display)):
        yield from wrong_cells(row, problem, student=telling.student, full=display.full)
    if telling.mistakes:
        yield from explained(row, config=telling.config, student=telling.student)


def explained(row: RowMark, *, config: str, student: bool) -> Iterator[RenderableType]:
    """Yield every explanation that fits, the likeliest first, and the command that shows more."""
    for i, finding in enumerate(row.mistakes):
        yield ""
        yield Words(title(finding, row.mistakes[:i]), "bold")
        if is_elsewhere(finding, row):
            yield Words(_("In {symbol}, which was left blank:", symbol=finding.symbol), indent=INDENT)
        if finding.formula and finding.formula != finding.right:  # a slip computed the same
            yield from both_formulas(finding)
        for sentence in (finding.says, "" if student else finding.detail):
            if sentence:
                yield Words(sentence, indent=INDENT)
    if row.verdict is Verdict.WRONG:
        yield ""
        command = f"attncli explain {shlex.quote(place(row))} {config}"
        yield Words(_("Where to look:"))
        yield Words(command, indent=INDENT, whole=True)


def title(finding: Finding, before: Sequence[Finding]) -> str:
    """Name an explanation; of two in different rows, either may be enough or it takes both."""
    if not before:
        return _("What seems to have been done: {id}", id=finding.id)
    if any(finding.symbol == other.symbol for other in before):
        return _("Or: {id}", id=finding.id)
    return _("Together with it, or instead: {id}", id=finding.id)


def is_elsewhere(finding: Finding, row: RowMark) -> bool:
    """Whether the mistake was made in another row than the one in which it shows."""
    return bool(finding.formula) and finding.symbol != row.symbol


def both_formulas(finding: Finding) -> Iterator[Words]:
    """Put what was computed over what the page has there."""
    names = flush((_("you:"), _("right:")), left=True)
    for name, formula in zip(names, (finding.formula, finding.right), strict=True):
        if formula:
            yield Words(f"{name} {formula}", indent=INDENT, hanging=INDENT + cell_len(name) + 1)


def place(row: RowMark) -> str:
    """Name what is to be looked at: the first wrong cell, or where the mistake was made."""
    elsewhere = [finding.symbol for finding in row.mistakes[:1] if is_elsewhere(finding, row)]
    if elsewhere:
        return elsewhere[0]
    return row.wrong_cells[0].cell if row.wrong_cells else row.symbol


def wrong_cells(row: RowMark, problem: Problem, *, student: bool, full: bool) -> Iterator[RenderableType]:
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
        right = ["" if cell.right is None else alone(cell.right, decimals) for cell in listed]
        columns.append((_("should be"), aligned(right)))
    titles, cells = zip(*columns, strict=True)
    yield ""
    yield Listing(titles, [Line(line) for line in zip(*cells, strict=True)])
    more = len(row.wrong_cells) - len(listed)
    if more:
        yield Words(
            plural("and {n} more cell; --full shows all", "and {n} more cells; --full shows all", more)
        )


def yours(cell: WrongCell, row: RowMark) -> str:
    """Write what the student did; what is no number may be long, and is cut."""
    unreadable = row.answer is not None and row.answer.unreadable[cell.index]
    return label(cell.yours) if unreadable else sanitize(cell.yours)
