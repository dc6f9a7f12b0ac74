"""Where output goes: how wide it is, whether it takes colour, and whether it takes Unicode."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple, TextIO

from attncli.show.words import to_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping

PIPED_WIDTH = 80
ANSI = {"error": "1;31", "hint": "36", "note": "36", "caret": "1;31"}


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
