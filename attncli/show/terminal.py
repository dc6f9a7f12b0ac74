"""Where output goes: how wide it is, whether it takes colour, and whether it takes Unicode."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple, Self, TextIO
from unicodedata import normalize

from attncli.language import ENGLISH, active
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console


PIPED_WIDTH = 80
ANSI = {"error": "1;31", "hint": "36", "note": "36", "caret": "1;31"}
ANY_WIDTH = 1_000_000  # what fits the terminal is decided by the tables; Rich is to lay out, never to cut
LONGEST = 16  # columns of a token that names a row
_ASCII = {
    "·": "*", "ᵀ": "^T", "√": "sqrt ", "∘": " o ", "−": "-", "Σ": "sum ", "σ": "sigmoid", "∞": "inf",
    "×": "x", "²": "^2", "∂": "d", "▸": ">", "…": "...", "⋯": "..", "⋮": ":", "–": "-", "’": "'",
    "─": "-", "→": "->", "≤": "<=", "≥": ">=", "≠": "!=",
}  # fmt: skip
TO_ASCII = str.maketrans(_ASCII)
# Letters with accents, Greek, and the page's own signs: one column each.
NARROW = re.compile(rf"[ -~¡-¬®-ʯΑ-ΡΣ-ωḀ-ỿ✓✗↷○█▸{''.join(_ASCII)}]*")
CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
WORD = re.compile(r"\s*\S+\s*")


class Terminal(NamedTuple):
    """One output stream, and what can be shown on it. Only a terminal ``wraps``: a file has no edge."""

    stream: TextIO
    width: int
    color: bool
    ascii_only: bool
    wraps: bool = False

    def fit(self, text: str) -> str:
        """Turn text into what the stream can show."""
        return to_ascii(text) if self.ascii_only else text

    def paint(self, text: str, what: str) -> str:
        """Colour a word of a message, where there is colour."""
        return f"\x1b[{ANSI[what]}m{text}\x1b[0m" if self.color else text

    def write(self, text: str) -> None:
        """Write text that is known to be harmless."""
        self.stream.write(self.fit(text))


def terminal(
    stream: TextIO,
    *,
    width: int | None = None,
    color: str = "auto",
    ascii_only: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Terminal:
    """Judge a stream for itself: the options first, then the environment, then what it is."""
    is_terminal = stream.isatty()
    encoding = (stream.encoding or "ascii").lower().replace("_", "-")
    return Terminal(
        stream,
        width or columns(stream, environment),
        takes_color(color, is_terminal=is_terminal, environment=environment),
        ascii_only or not encoding.startswith(("utf-8", "utf8", "utf-16")),
        wraps=is_terminal,
    )


def columns(stream: TextIO, environment: Mapping[str, str]) -> int:
    """COLUMNS, else the terminal's width, else a fixed one."""
    named = environment.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    if not stream.isatty():
        return PIPED_WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or PIPED_WIDTH
    except (OSError, ValueError):
        return PIPED_WIDTH


def takes_color(color: str, *, is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """--color, then NO_COLOR, then FORCE_COLOR, then the terminal."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "") not in {"", "0", "false"}:
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def prepare_streams() -> None:
    """Let neither a closed stream nor a character that its encoding lacks end a command."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: attncli >&-
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def console_for(terminal: Terminal) -> Console:
    """Return a console that writes to nowhere, coloured only where the terminal takes colour."""
    from rich.console import Console  # noqa: PLC0415 - most commands need no Rich to start

    return Console(
        file=StringIO(),
        width=ANY_WIDTH,
        force_terminal=terminal.color,
        color_system="256" if terminal.color else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


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
    text = sanitize(token[: 4 * LONGEST])
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


class Span(NamedTuple):
    """A piece of text in one style, such as "bold magenta"; "" is none."""

    text: str
    style: str = ""


class Text:
    """Pieces of text, one behind the other."""

    def __init__(self, text: str = "", style: str = "") -> None:
        self.spans = [Span(text, style)]

    def append(self, text: str, style: str = "") -> Self:
        """Put a piece behind the others."""
        self.spans.append(Span(text, style))
        return self

    def append_text(self, text: Text) -> Self:
        """Put the pieces of another text behind the others."""
        self.spans += text.spans
        return self

    @property
    def plain(self) -> str:
        """The characters alone."""
        return "".join(text for text, _style in self.spans)

    def lines(self, width: int) -> Iterator[Text]:
        """Break the text between words, and where it has line breaks; no word is broken."""
        start = 0
        for end in [*breaks(self.plain, width), len(self.plain)]:
            yield self.slice(start, end)
            start = end

    def slice(self, start: int, end: int) -> Text:
        """Return the pieces between two places, without the line break at their end."""
        found, at = Text(), 0
        for text, style in self.spans:
            found.append(text[max(start - at, 0) : max(end - at, 0)].rstrip("\n"), style)
            at += len(text)
        return found

    def painted(self, *, color: bool) -> str:
        """Return the characters, with what colours them where there is colour."""
        return "".join(painted(text, style) for text, style in self.spans) if color else self.plain


def breaks(text: str, width: int) -> Iterator[int]:
    """Yield the places at which a new line begins."""
    at = 0
    for line in text.splitlines(keepends=True):
        if at:
            yield at
        used = 0
        for word in WORD.finditer(line.rstrip("\n")):
            if used and used + columns_of(word[0].rstrip()) > width:
                yield at + word.start()
                used = 0
            used += columns_of(word[0])
        at += len(line)


def painted(text: str, style: str) -> str:
    """Put the codes of a style around a text that holds something."""
    return f"\x1b[{codes(style)}m{text}\x1b[0m" if style and text else text


@lru_cache
def codes(style: str) -> str:
    """Write a style as a terminal's codes: "bold magenta", "color(16) on color(172)"."""
    found, ground = [], "38"
    for word in style.split():
        if word == "on":
            ground = "48"
        else:
            found.append(CODES.get(word) or f"{ground};5;{word[len('color(') : -1]}")
    return ";".join(found)
