"""How many there are of something, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _, plural

if TYPE_CHECKING:
    from attncli.ops.op import Array

COUNTED = {
    "rows": lambda n: plural("{n} row", "{n} rows", n),
    "columns": lambda n: plural("{n} column", "{n} columns", n),
    "numbers": lambda n: plural("{n} number", "{n} numbers", n),
    "heads": lambda n: plural("{n} head", "{n} heads", n),
    "words": lambda n: plural("{n} word", "{n} words", n),
    "tokens": lambda n: plural("{n} token", "{n} tokens", n),
}


def counted(n: int, things: str) -> str:
    """``1 row``, ``3 rows``."""
    return COUNTED[things](n)


def shape_of(values: Array) -> str:
    """``4 × 3``, ``a list of 4``, ``one number``."""
    if values.ndim == 1:
        return _("a list of {count}", count=len(values))
    return " × ".join(map(str, values.shape)) or _("one number")
