"""How numbers are to be shown, and what a stream can show: all that is known without Rich."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from attncli.language import to_ascii

PIPED_WIDTH = 80


class Display(NamedTuple):
    """In how many columns of a screen, with how many decimals, and in which characters.

    ``room`` is how long the name of a row may be; None for a quarter of a narrow screen.
    """

    width: int
    decimals: int
    full: bool = False
    ascii_only: bool = False
    room: int | None = None

    def fit(self, text: str) -> str:
        """Write a text in the characters that there are."""
        return to_ascii(text) if self.ascii_only else text


def columns_of(stream: TextIO, environment: Mapping[str, str] = os.environ) -> int:
    """How wide a stream is: COLUMNS, else the terminal's width, else a fixed one."""
    named = environment.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    if not stream.isatty():
        return PIPED_WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or PIPED_WIDTH
    except (OSError, ValueError):
        return PIPED_WIDTH


def takes_color(color: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a stream is written to in colour: --color, then NO_COLOR, then FORCE_COLOR, then what it is."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "") not in {"", "0", "false"}:
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def takes_unicode(stream: TextIO) -> bool:
    """Whether a stream's encoding has the page's symbols."""
    return (stream.encoding or "ascii").lower().replace("_", "-").startswith(("utf-8", "utf8", "utf-16"))
