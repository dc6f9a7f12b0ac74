"""Text for the screen: untrusted text made harmless, and everything in ASCII where it must be."""

from __future__ import annotations

import re
from unicodedata import normalize

from attncli.harmless import harmless
from attncli.language import ENGLISH, active

LONGEST = 16  # columns of a token that names a row

_ASCII = {
    "·": "*", "ᵀ": "^T", "√": "sqrt ", "∘": " o ", "−": "-", "Σ": "sum ", "σ": "sigmoid", "∞": "inf",
    "×": "x", "²": "^2", "∂": "d", "▸": ">", "…": "...", "⋯": "..", "⋮": ":", "–": "-", "’": "'",
    "─": "-", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=",
}  # fmt: skip
TO_ASCII = str.maketrans(_ASCII)
# Letters with accents, Greek, and the page's own signs: one column each.
NARROW = re.compile(rf"[ -~¡-¬®-ʯΑ-ΡΣ-ωḀ-ỿ✓✗↷○█▸{''.join(_ASCII)}]*")


def to_ascii(text: str) -> str:
    """Write the page's symbols with letters, and any other character as an escape."""
    if text.isascii():
        return text
    text = text.translate(TO_ASCII)
    if active() != ENGLISH:
        text = "".join(map(without_accent, normalize("NFC", text)))
    return text.encode("ascii", "backslashreplace").decode("ascii")


def without_accent(char: str) -> str:
    """``ế`` → ``e``: where all messages have accents, escapes could not be read."""
    base = "dD"["đĐ".index(char)] if char in "đĐ" else normalize("NFD", char)[0]
    return base if base.isascii() else char


def label(token: str, *, ascii_only: bool = False, room: int = LONGEST, end: str = "") -> str:
    """Make a token fit to name a row or a column: harmless, and not too long; ``end`` stays whole."""
    text = harmless(token[: 4 * LONGEST])
    if ascii_only:
        text = to_ascii(text)
    if len(token) <= 4 * LONGEST and columns_of(text + end) <= room:
        return text + end
    end = ("..." if ascii_only else "…") + end
    text = text[: 2 * LONGEST]
    while text and columns_of(text + end) > room:
        text = text[:-1]
    return text + end


def columns_of(text: str) -> int:
    """Count the columns that a text takes on a screen: two for 語, none for an accent."""
    if text.isascii() or NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most texts need no Rich

    return cell_len(text)
