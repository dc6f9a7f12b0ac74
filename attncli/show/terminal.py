"""Where output goes: how wide it is, whether it takes colour, and whether it takes Unicode."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from attncli.show.words import to_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping

PIPED_WIDTH = 80


@dataclass(frozen=True)
class Terminal:
    """One output stream, and what can be shown on it."""

    stream: TextIO
    width: int
    color: bool
    ascii_only: bool

    def fit(self, text: str) -> str:
        """Turn text into what the stream can show."""
        return to_ascii(text) if self.ascii_only else text

    def write(self, text: str) -> None:
        """Write text that is known to be harmless."""
        self.stream.write("\n".join(map(self.fit, text.split("\n"))) if self.ascii_only else text)


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
        width or columns(is_terminal=is_terminal, environment=environment),
        takes_color(color, is_terminal=is_terminal, environment=environment),
        ascii_only or not encoding.startswith(("utf-8", "utf8", "utf-16")),
    )


def columns(*, is_terminal: bool, environment: Mapping[str, str]) -> int:
    """COLUMNS, else the terminal's width, else a fixed one."""
    named = environment.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if is_terminal else PIPED_WIDTH


def takes_color(color: str, *, is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """--color, then NO_COLOR, then FORCE_COLOR, then the terminal."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") != "0":
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def accept_everything() -> None:
    """Let no character that a stream's encoding lacks end a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
