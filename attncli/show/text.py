"""Text with styles, and how it becomes characters: broken between words, coloured where there is colour."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Self

from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
WORD = re.compile(r"\s*\S+\s*")


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
