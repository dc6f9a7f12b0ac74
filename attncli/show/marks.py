"""The screen of ``check``: the score, every row's verdict, and what is wrong with those that are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.homework.marks import Hint, Verdict, rounded
from attncli.language import N_, _
from attncli.show.answers import Answers
from attncli.show.findings import explained
from attncli.show.summary import Line, paragraph, summary
from attncli.show.words import label
from attncli.show.wrong_cells import wrong_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.homework.marks import Mark, RowMark
    from attncli.problem.problem import Problem
    from attncli.show.terminal import Terminal

WORDS = {
    Verdict.CORRECT: N_("right"),
    Verdict.FOLLOW_THROUGH: N_("follows from earlier"),
    Verdict.BLANK: N_("blank"),
    Verdict.UNREADABLE: N_("unreadable"),
    Verdict.WRONG: N_("wrong"),
}
SIGNS = {
    Verdict.CORRECT: ("✓", "+"),
    Verdict.FOLLOW_THROUGH: ("↷", ">"),
    Verdict.BLANK: ("○", "o"),
    Verdict.UNREADABLE: ("?", "?"),
    Verdict.WRONG: ("✗", "!"),
}
STYLES = {
    Verdict.CORRECT: "green",
    Verdict.FOLLOW_THROUGH: "cyan",
    Verdict.BLANK: "dim",
    Verdict.UNREADABLE: "bold yellow",
    Verdict.WRONG: "bold red",
}
IN_DETAIL = (Verdict.WRONG, Verdict.UNREADABLE)


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
        verdict=_(WORDS[mark.verdict]),
    )


def table(mark: Mark, terminal: Terminal, telling: Telling) -> str:
    """Write the table of all rows."""
    titles = [_("row"), _("verdict"), _("right cells"), _("points")]
    shown = [0, 1, 2, 3] if telling.cells else [0, 1, 3]
    lines = []
    for row in mark.rows:
        cells = (
            label(row.symbol),
            f"{verdict_sign(row.verdict, terminal)} {_(WORDS[row.verdict])}",
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
    return SIGNS[verdict][terminal.ascii_only]


def right_cells(row: RowMark) -> str:
    """Write how many cells are right, where there are any."""
    return "" if not row.cells else _("{count} of {total}", count=row.right, total=row.cells)


def points(number: float) -> str:
    """Write points: two decimals at most."""
    return f"{rounded(number):.12g}"
