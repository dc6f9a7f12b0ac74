"""Errors and notes on the screen: the place, the line with a caret, what is wrong, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import N_, _, plural
from attncli.show.terminal import columns_of
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.errors import AttnError, Where
    from attncli.show.terminal import Terminal


MOST = 20
EXCERPT = 72
INDENT = "    "
KINDS = {"error": N_("error"), "hint": N_("hint"), "note": N_("note")}


def error_text(error: AttnError, terminal: Terminal) -> str:
    """Write every mistake that an error stands for."""
    lines: list[str] = []
    shown_already = None
    for one in error.errors[:MOST]:
        lines += one_error(one, terminal, quoted=one.where != shown_already)
        shown_already = one.where
    if len(error.errors) > MOST:
        lines.append(_("… and {count} more", count=len(error.errors) - MOST))
    lines += [sentence("note", note, terminal) for note in error.notes]
    if len(error.errors) > 1:
        lines.append(plural("{n} error", "{n} errors", len(error.errors)))
    return terminal.fit("\n".join(lines)) + "\n"


def one_error(error: AttnError, terminal: Terminal, *, quoted: bool = True) -> Iterator[str]:
    """Write one mistake; ``quoted``: with the line that it stands in."""
    place = f"{error.where}: " if error.where else ""
    yield sentence("error", error.message, terminal, before=place)
    if quoted and error.where and error.where.text.strip():
        yield from excerpt(error.where, terminal)
    if error.hint:
        yield sentence("hint", error.hint, terminal, indent=INDENT)


def sentence(kind: str, text: str, terminal: Terminal, *, before: str = "", indent: str = "") -> str:
    """Write ``error: …`` or ``hint: …``, wrapped at the edge of a terminal."""
    word = terminal.fit(_(KINDS[kind]))
    line = indent + terminal.fit(sanitize(f"{before}{word}: {text}"))
    if terminal.wraps:
        line = wrapped(line, terminal.width, indent + INDENT)
    return line.replace(f"{word}:", terminal.paint(f"{word}:", kind), 1)


def wrapped(text: str, width: int, indent: str) -> str:
    """Break a line at its spaces; what goes on below is indented."""
    words = text.lstrip(" ").split(" ")
    lines = [text[: -len(text.lstrip(" "))] + words[0]]
    for word in words[1:]:
        if columns_of(f"{lines[-1]} {word}") > width:
            lines.append(indent + word)
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines)


def excerpt(where: Where, terminal: Terminal) -> Iterator[str]:
    """Show the line, or as much of it as there is room for, and a caret under the place."""
    room = max(min(EXCERPT, terminal.width - len(INDENT)), len(INDENT))
    start = where.column - 1
    end = start + min(where.length, room)
    before = shown(where.text[max(0, start - room) : start], terminal)
    meant = shown(where.text[start:end], terminal)
    after = shown(where.text[end : end + room], terminal)
    before = cut(before[::-1], max(room // 2, room - columns_of(meant + after)))[::-1]
    carets = max(1, min(columns_of(meant), room - columns_of(before)))
    yield INDENT + cut(before + meant + after, room)
    yield INDENT + " " * columns_of(before) + terminal.paint("^" * carets, "caret")


def shown(text: str, terminal: Terminal) -> str:
    """Make part of a line harmless: a blank for each character that cannot be seen."""
    return terminal.fit("".join(char if char.isprintable() else " " for char in text))


def cut(text: str, room: int) -> str:
    """Keep so many columns of a text."""
    while columns_of(text) > room:
        text = text[:-1]
    return text
