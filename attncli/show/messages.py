"""Errors and notes on the screen: the place, the line with a caret, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from attncli.language import N_, _, plural
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from attncli.errors import AttnError, Where
    from attncli.show.terminal import Terminal

MOST = 20
EXCERPT = 72
INDENT = 4
KINDS = {"error": N_("error"), "hint": N_("hint"), "note": N_("note")}
STYLES = {"error": "bold red", "hint": "cyan", "note": "cyan"}


def error_parts(error: AttnError, terminal: Terminal) -> Iterator[Words]:
    """Yield every mistake that an error stands for."""
    shown_already = None
    for one in error.errors[:MOST]:
        place = f"{one.where}: " if one.where else ""
        yield sentence("error", one.message, before=place)
        if one.where and one.where != shown_already and one.where.text.strip():
            yield from excerpt(one.where, terminal)
        if one.hint:
            yield sentence("hint", one.hint, indent=INDENT)
        for line in one.code.splitlines():
            yield Words(line, indent=2 * INDENT, whole=True)
        shown_already = one.where
    if len(error.errors) > MOST:
        yield Words(_("… and {count} more", count=len(error.errors) - MOST))
    for note in error.notes:
        yield sentence("note", note)
    if len(error.errors) > 1:
        yield Words(plural("{n} error", "{n} errors", len(error.errors)))


def note_parts(text: str, more: Iterable[str]) -> Iterator[Words]:
    """Yield a note, and the lines that belong to it."""
    yield sentence("note", text)
    for line in more:
        yield Words(line, indent=INDENT, hanging=2 * INDENT)


def sentence(kind: str, text: str, *, before: str = "", indent: int = 0) -> Words:
    """Write ``error: …``, ``hint: …`` or ``note: …``."""
    line = Words(before, indent=indent, hanging=indent + INDENT)
    return line.add(f"{_(KINDS[kind])}:", STYLES[kind]).add(f" {text}")


def excerpt(where: Where, terminal: Terminal) -> Iterator[Words]:
    """Show the line, or as much of it as there is room for, and a caret under the place."""
    room = max(min(EXCERPT, terminal.width - INDENT), INDENT)
    start = where.column - 1
    end = start + min(where.length, room)
    before = visible(where.text[max(0, start - room) : start], terminal)
    meant = visible(where.text[start:end], terminal)
    after = visible(where.text[end : end + room], terminal)
    before = cut(before[::-1], max(room // 2, room - cell_len(meant + after)))[::-1]
    carets = max(1, min(cell_len(meant), room - cell_len(before)))
    yield Words(cut(before + meant + after, room), indent=INDENT, whole=True)
    yield Words("^" * carets, STYLES["error"], indent=INDENT + cell_len(before))


def visible(text: str, terminal: Terminal) -> str:
    """Put a blank for each character of a line that cannot be seen."""
    text = "".join(char if char.isprintable() else " " for char in text)
    return terminal.fit(text)


def cut(text: str, room: int) -> str:
    """Keep so many columns of a text."""
    while cell_len(text) > room:
        text = text[:-1]
    return text
