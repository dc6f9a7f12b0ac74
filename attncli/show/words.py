"""Text for the screen: untrusted text made harmless, and everything in ASCII where it must be."""

from __future__ import annotations

MAX_LABEL = 16

_ASCII = {
    "·": "*", "ᵀ": "^T", "√": "sqrt ", "∘": " o ", "−": "-", "Σ": "sum ", "σ": "sigmoid", "∞": "inf",
    "×": "x", "²": "^2", "∂": "d", "▸": ">", "…": "...", "⋯": "..", "⋮": ":", "–": "-", "’": "'",
}  # fmt: skip
TO_ASCII = str.maketrans(_ASCII)


def harmless(text: str) -> str:
    """Write control characters, escapes and direction marks out, so that none takes effect."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    r"""``\n``, ``\x1b`` or ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")


def to_ascii(text: str) -> str:
    """Write the page's symbols with letters, and any other character as an escape."""
    return text.translate(TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def label(token: str, *, ascii_only: bool = False) -> str:
    """Make a token fit to name a row or a column: harmless, and not too long."""
    text = harmless(token)
    if ascii_only:
        text = to_ascii(text)
    if len(text) <= MAX_LABEL:
        return text
    dots = "..." if ascii_only else "…"
    return text[: MAX_LABEL - len(dots)] + dots
