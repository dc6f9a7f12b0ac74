"""Tokens: the words that name rows and columns, and how a person points at one of them."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_DIGITS = 9


def places(tokens: Sequence[str], name: str) -> list[int]:
    """Return where a word stands, from 0: all its places, or one for ``the#2``; [] for nowhere."""
    found = [i for i, token in enumerate(tokens) if token == name]
    word, hash_sign, number = name.rpartition("#")
    if found or not hash_sign or not number.isdecimal() or len(number) > _MOST_DIGITS:
        return found
    repeats = [i for i, token in enumerate(tokens) if token == word]
    return repeats[int(number) - 1 : int(number)] if int(number) else []


@lru_cache(maxsize=8)
def endings(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Tell repeated tokens apart, as cells are named: ``#1``, ``#2``; nothing behind the others."""
    total = Counter(tokens)
    seen: Counter[str] = Counter()
    ends = []
    for token in tokens:
        seen[token] += 1
        ends.append(f"#{seen[token]}" if total[token] > 1 else "")
    return tuple(ends)
