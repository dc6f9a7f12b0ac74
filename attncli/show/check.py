"""The screen of ``check``: the score, every row's verdict, and what is wrong with those that are."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from attncli.homework.marks import Hint, Verdict, points_text, rounded
from attncli.language import _, plural
from attncli.rounding import MOST_DECIMALS
from attncli.show.answers import Answers
from attncli.show.listing import Line, paragraph, printed, summary
from attncli.show.numbers import aligned, alone
from attncli.show.terminal import columns_of, label
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.homework.marks import Finding, Mark, RowMark, WrongCell
    from attncli.problem.problem import Problem
    from attncli.show.terminal import Terminal


STYLES = {
    Verdict.CORRECT: "green",
    Verdict.FOLLOW_THROUGH: "cyan",
    Verdict.BLANK: "dim",
    Verdict.UNREADABLE: "bold yellow",
    Verdict.WRONG: "bold red",
}
IN_DETAIL = (Verdict.WRONG, Verdict.UNREADABLE)
INDENT = "  "
MOST = 6


@dataclass(frozen=True)
class Telling:
    """What is told of a mark, and to whom.

    ``config`` are the arguments with which ``attncli explain`` finds the same problem.
    """

    student: bool
    hint: Hint
    config: str
    full: bool = False
    quiet: bool = False

    @property
    def cells(self) -> bool:
        """Whether the wrong cells are named."""
        return not self.student or self.hint is not Hint.NONE

    @property
    def mistakes(self) -> bool:
        """Whether it is said what seems to have been done."""
        return not self.student or self.hint is Hint.MISTAKE


def marks(mark: Mark, problem: Problem, terminal: Terminal, telling: Telling) -> Iterator[str]:
    """Yield the score, the table of the rows, and then each row in which something is wrong."""
    yield paragraph(terminal, heading(mark, terminal))
    yield "\n"
    yield table(mark, terminal, telling)
    if telling.quiet:
        return
    if any(row.verdict is Verdict.FOLLOW_THROUGH for row in mark.rows):
        sign = verdict_sign(Verdict.FOLLOW_THROUGH, terminal)
        yield "\n"
        yield paragraph(
            terminal,
            _("{sign} worked out rightly, from numbers in earlier rows that are not right", sign=sign),
            indent="  ",
        )
    if not telling.cells:
        return
    for row in mark.rows:
        if row.verdict in IN_DETAIL:
            yield "\n"
            yield from detail(row, problem, terminal, telling)


def heading(mark: Mark, terminal: Terminal) -> str:
    """Say whose sheet it is, of which problem, and what it earned."""
    return _(
        "{sheet}: {score} of {most} points, {sign} {verdict}",
        sheet=", ".join(filter(None, (mark.student, mark.config))),
        score=points(mark.score),
        most=points(mark.max_score),
        sign=verdict_sign(mark.verdict, terminal),
        verdict=_(mark.verdict.word),
    )


def table(mark: Mark, terminal: Terminal, telling: Telling) -> str:
    """Write the table of all rows."""
    titles = [_("row"), _("verdict"), _("right cells"), _("points")]
    shown = [0, 1, 2, 3] if telling.cells else [0, 1, 3]
    lines = []
    for row in mark.rows:
        cells = (
            label(row.symbol),
            f"{verdict_sign(row.verdict, terminal)} {_(row.verdict.word)}",
            right_cells(row),
            _("{points} of {most}", points=points(row.points), most=points(row.max_points)),
        )
        lines.append(Line(tuple(cells[i] for i in shown), STYLES[row.verdict]))
    return summary(terminal, [titles[i] for i in shown], lines, right=())


def detail(row: RowMark, problem: Problem, terminal: Terminal, telling: Telling) -> Iterator[str]:
    """Yield what the student wrote, what is wrong with it, and what seems to have been done."""
    screen = Answers(terminal, decimals=problem.decimals, full=telling.full, head=None)
    yield from screen.title(row, verdict_sign(row.verdict, terminal), formula=telling.mistakes)
    for sentence in (row.says, "" if telling.student else row.reason):
        if sentence:
            yield paragraph(terminal, sentence)
    yield from screen.text(screen.answer(row, problem))
    if not (telling.student and screen.shows_all(row)):
        yield from wrong_cells(row, problem, terminal, student=telling.student, full=telling.full)
    if telling.mistakes:
        yield from explained(row, terminal, config=telling.config, student=telling.student)


def verdict_sign(verdict: Verdict, terminal: Terminal) -> str:
    """Return the sign that says the same as the verdict."""
    return verdict.ascii_sign if terminal.ascii_only else verdict.sign


def right_cells(row: RowMark) -> str:
    """Write how many cells are right, where there are any."""
    return "" if not row.cells else _("{count} of {total}", count=row.right, total=row.cells)


def points(number: float) -> str:
    """Write points: two decimals at most."""
    return points_text(rounded(number))


def explained(row: RowMark, terminal: Terminal, *, config: str, student: bool) -> Iterator[str]:
    """Yield every explanation that fits, the likeliest first, and the command that shows more."""
    for i, finding in enumerate(row.mistakes):
        yield "\n"
        yield printed(terminal, [Text(terminal.fit(title(finding, row.mistakes[:i])), "bold")])
        if is_elsewhere(finding, row):
            yield told(terminal, _("In {symbol}, a row that was left blank:", symbol=finding.symbol))
        yield from side_by_side(finding, terminal)
        yield told(terminal, finding.says)
        if finding.detail and not student:
            yield told(terminal, finding.detail)
    if row.verdict is not Verdict.WRONG:
        return
    yield "\n"
    command = f"attncli explain {shlex.quote(place(row))} {config}"
    line = _("Where to look: {command}", command=command)
    yield printed(terminal, [Text(terminal.fit(sanitize(line)))])


def title(finding: Finding, before: Sequence[Finding]) -> str:
    """Name an explanation; of two in different rows, either may be enough or it takes both."""
    if not before:
        return _("What seems to have been done: {id}", id=finding.id)
    if any(finding.symbol == other.symbol for other in before):
        return _("Or: {id}", id=finding.id)
    return _("With it, or in its place: {id}", id=finding.id)


def is_elsewhere(finding: Finding, row: RowMark) -> bool:
    """Whether the mistake was made in another row than the one in which it shows."""
    return bool(finding.formula) and finding.symbol != row.symbol


def side_by_side(finding: Finding, terminal: Terminal) -> Iterator[str]:
    """Yield what was computed over what the page has there; a slip computed the same."""
    if not finding.formula or finding.formula == finding.right:
        return
    names = (_("you:"), _("page:"))
    wide = max(map(columns_of, names))
    for name, formula in zip(names, (finding.formula, finding.right), strict=True):
        if formula:
            blanks = " " * (wide - columns_of(name))
            yield told(terminal, f"{name}{blanks} {formula}")


def told(terminal: Terminal, sentence: str) -> str:
    """Write a sentence below a title."""
    return paragraph(terminal, INDENT + sentence, indent=INDENT)


def place(row: RowMark) -> str:
    """Name what is to be looked at: the first wrong cell, or where the mistake was made."""
    elsewhere = [finding.symbol for finding in row.mistakes[:1] if is_elsewhere(finding, row)]
    if elsewhere:
        return elsewhere[0]
    return row.wrong_cells[0].cell if row.wrong_cells else row.symbol


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
    return label(cell.yours) if unreadable else sanitize(cell.yours)


def right(cell: WrongCell, decimals: int) -> str:
    """Write what should stand in a cell."""
    return "" if cell.right is None else alone(cell.right, decimals)
