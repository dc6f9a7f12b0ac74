"""Cells as a person names them: ``A[Death,wind]``, ``A[1,5]``, ``A[2][Death,wind]``, ``L``."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.language import GREEK, _, either
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


MATRIX = 2  # axes of a matrix; one more is a head
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_GROUP = re.compile(rf'\[((?:{_QUOTED}|[^\[\]"])*)\]\s*', re.DOTALL)
_PART = re.compile(rf'\s*({_QUOTED}|[^,"]+|,(?=,|$))\s*(,|$)', re.DOTALL)
_NAME = re.compile(r"\s*(\(\*\)|[^\W\d]\w*)\s*")
_BY_NAME = re.compile(rf"^(d?)({'|'.join(GREEK)})(?=[0-9_]|$)")
STAR = "(*)"  # the derivative of the softmax
_MOST_DIGITS = 9


def from_ascii(symbol: str) -> str:
    """Return a symbol with its Greek letter where that is spelt out: ``gamma1``, ``dgamma1``."""
    return (
        _BY_NAME.sub(lambda match: match[1] + GREEK[match[2]], symbol, count=1)
        if symbol.isascii()
        else symbol
    )


def parse_cell(text: str) -> tuple[str, list[str]]:
    """Split ``A[2][Death,wind]`` into the symbol and its indices, head first.

    An index in double quotes is a token even where it looks like a number or holds a comma: it
    keeps its opening quote. Raises AttnError where the text is no cell.
    """
    name = _NAME.match(text)
    position = name.end() if name else 0
    indices: list[str] = []
    while name and position < len(text):
        group = _GROUP.match(text, position)
        if group is None or (found := parse_group(group[1])) is None:
            break
        indices += found
        position = group.end()
    if name is None or position < len(text):
        raise AttnError(
            _("{text!r} is not a cell", text=text[:60]),
            hint=_('write it like A[Death,wind], A[1,5] or A[2][1,5] for head 2; odd tokens as A["[",1]'),
        )
    return from_ascii(name[1]), indices


def parse_group(text: str) -> list[str] | None:
    """Split what stands between two brackets at its commas; a comma alone is a token as well."""
    indices: list[str] = []
    position, more = 0, True
    while more:
        part = _PART.match(text, position)
        if part is None or not part[1].strip():
            return None
        quoted = part[1].startswith('"')
        indices.append('"' + re.sub(r"\\(.)", r"\1", part[1][1:-1]) if quoted else part[1].strip())
        position, more = part.end(), part[2] == ","
    return indices


def locate(
    name: str,
    indices: Sequence[str],
    shape: Sequence[int],
    labels: Sequence[Sequence[str] | None],
) -> tuple[int, ...]:
    """Return the index of a cell, counted from 0, from the tokens and numbers that name it.

    ``labels`` holds for each axis its tokens, or None where it is only counted. Raises AttnError
    where there is no such cell, or a token is repeated.
    """
    if len(indices) != len(shape):
        raise AttnError(
            _(
                "{name} is {shape}: a cell of it has {axes} indices, not {found}",
                name=name,
                shape=" × ".join(map(str, shape)) or _("one number"),
                axes=len(shape),
                found=len(indices),
            ),
            hint=_("row first, then column; a head goes before them, in its own brackets: A[2][1,5]"),
        )
    return tuple(
        axis_index(name, index, size, tokens)
        for index, size, tokens in zip(indices, shape, labels, strict=True)
    )


def axis_index(name: str, index: str, size: int, tokens: Sequence[str] | None) -> int:
    """Return the index along one axis, from 0, of a number counted from 1, or of a token."""
    if index.isdecimal() and index.isascii():
        if len(index) <= _MOST_DIGITS and 1 <= int(index) <= size:
            return int(index) - 1
        raise AttnError(
            _("{name} has no {index}: it goes from 1 to {size}", name=name, index=index[:40], size=size),
            hint=_("cells are counted from 1"),
        )
    word = index.removeprefix('"')
    found = positions(tokens or (), word)
    if len(found) == 1:
        return found[0]
    if found:
        raise AttnError(
            _("{word!r} stands in {count} places", word=word[:40], count=len(found)),
            hint=either(f"{word[:40]}#{i + 1}" for i in range(min(len(found), 6))),
        )
    if tokens:
        known = did_you_mean(word, tokens, _("the tokens are {tokens}", tokens=", ".join(tokens[:12])))
    else:
        known = _("count from 1 to {size}", size=size)
    raise AttnError(_("{name} has no {word!r}", name=name, word=word[:40]), hint=known)


def cell_name(symbol: str, index: Sequence[int], labels: Sequence[Sequence[str] | None]) -> str:
    """Name a cell as a person would, so that :func:`parse_cell` and :func:`locate` find it again.

    With one index less than there are axes it is a whole row.
    """
    if not index:
        return symbol
    names = [index_name(i, tokens) for i, tokens in zip(index, labels, strict=False)]
    head = f"[{names.pop(0)}]" if len(labels) > MATRIX else ""
    return f"{symbol}{head}[{','.join(names)}]"


def index_name(i: int, tokens: Sequence[str] | None) -> str:
    """Name an index along one axis: its token, numbered where it is repeated; else its number from 1."""
    if tokens is None or tokens[i] == str(i + 1):
        return str(i + 1)
    word = tokens[i] + endings(tuple(tokens))[i]
    return quoted(word) if word.isdecimal() or word != word.strip() else unless_plain(word)


def is_index(word: str, tokens: Sequence[str]) -> bool:
    """Whether a word can be meant as an index: a number, a token, or one that is misspelt."""
    known = word.isdecimal() or word.startswith('"') or bool(positions(tokens, word))
    return known or bool(did_you_mean(word, tokens))


def unless_plain(word: str) -> str:
    """Put a word in quotes where it would not be read as one index."""
    return quoted(word) if set(word) & set(',[]"') else word


def quoted(word: str) -> str:
    """Put a word in quotes."""
    inside = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def positions(tokens: Sequence[str], name: str) -> list[int]:
    """Return where a token stands, from 0: all its positions, or the one of ``the#2``; [] for nowhere."""
    found = [i for i, token in enumerate(tokens) if token == name]
    word, hash_sign, number = name.rpartition("#")
    if found or not hash_sign or not number.isdecimal() or len(number) > _MOST_DIGITS:
        return found
    repeats = [i for i, token in enumerate(tokens) if token == word]
    return repeats[int(number) - 1 : int(number)] if int(number) else []


@lru_cache(maxsize=8)
def endings(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return what tells repeated tokens apart in a cell's name: ``#1``, ``#2``; nothing for the others."""
    total = Counter(tokens)
    seen: Counter[str] = Counter()
    ends = []
    for token in tokens:
        seen[token] += 1
        ends.append(f"#{seen[token]}" if total[token] > 1 else "")
    return tuple(ends)
