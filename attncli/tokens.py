"""Tokens: the words that name rows and columns, and how a person points at one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def places(tokens: Sequence[str], name: str) -> list[int]:
    """Return where a word stands, from 0: all its places, or one for ``the#2``; [] for nowhere."""
    found = [i for i, token in enumerate(tokens) if token == name]
    if found or "#" not in name:
        return found
    word, _, number = name.rpartition("#")
    repeats = places(tokens, word)
    return [repeats[int(number) - 1]] if number.isdecimal() and 1 <= int(number) <= len(repeats) else []
