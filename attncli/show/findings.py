"""What seems to have been done in a row that is wrong, and where to look."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from attncli.harmless import harmless
from attncli.homework.marks import Verdict
from attncli.language import _
from attncli.show.summary import paragraph, printed
from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.homework.marks import Finding, RowMark
    from attncli.show.terminal import Terminal

INDENT = "  "


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
    yield printed(terminal, [Text(terminal.fit(harmless(line)))])


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
