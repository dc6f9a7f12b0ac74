"""Text that somebody else wrote, made harmless wherever it is shown or written."""

from __future__ import annotations


def harmless(text: str) -> str:
    """Write control characters, escapes and direction marks out, so that none takes effect."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    r"""``\n``, ``\x1b`` or ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")
