"""Errors and notes on the screen: the place, the line with a caret, what is wrong, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.show.words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.errors import AttnError, Where
    from attncli.show.terminal import Terminal

MOST = 20
EXCERPT = 72


def error_text(error: AttnError, terminal: Terminal) -> str:
    """Write every mistake that an error stands for."""
    lines: list[str] = []
    for one in error.errors[:MOST]:
        lines += one_error(one)
    if len(error.errors) > MOST:
        lines.append(f"… and {len(error.errors) - MOST} more")
    lines += [f"note: {harmless(note)}" for note in error.notes]
    if len(error.errors) > 1:
        lines.append(f"{len(error.errors)} errors")
    return terminal.fit("\n".join(lines)) + "\n"


def one_error(error: AttnError) -> Iterator[str]:
    """Write one mistake."""
    place = f"{harmless(str(error.where))}: " if error.where else ""
    yield f"{place}error: {harmless(error.message)}"
    if error.where and error.where.text.strip():
        yield from excerpt(error.where)
    if error.hint:
        yield f"    hint: {harmless(error.hint)}"


def excerpt(where: Where) -> Iterator[str]:
    """Show the line, or as much of it as there is room for, and a caret under the place."""
    from unicodedata import east_asian_width  # noqa: PLC0415 - only a mistake needs it

    start = max(0, min(where.column - 1 - EXCERPT // 2, len(where.text) - EXCERPT))
    text = "".join(char if char.isprintable() else " " for char in where.text[start : start + EXCERPT])
    before = text[: where.column - 1 - start]
    inset = sum(1 + (east_asian_width(char) in "WF") for char in before)
    length = max(1, min(where.length, len(text) - len(before)))
    yield f"    {text}"
    yield f"    {' ' * inset}{'^' * length}"
