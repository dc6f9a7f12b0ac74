"""Collecting the mistakes of an input, so that all of them are told in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from attncli.errors import AttnError, AttnErrors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.problem.document import Node


@dataclass
class Report:
    """The mistakes found so far; ``notes`` are not wrong, but worth knowing."""

    errors: list[AttnError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def error(self, node: Node | None, message: str, hint: str = "") -> None:
        """Note a mistake at a node."""
        self.errors.append(AttnError(message, node.where if node else None, hint))

    def raise_if_any(self, notes: Iterable[str] = ()) -> None:
        """Raise all that was found, in the order of the file."""
        if self.errors:
            ordered = sorted(
                self.errors,
                key=lambda error: (error.where.line, error.where.column) if error.where else (0, 0),
            )
            raise AttnErrors(ordered, tuple(notes))


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Suggest the known word that is most like the one found."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold()[:100], by_folded, n=1)
    return f"did you mean {by_folded[close[0]]!r}?" if close else otherwise


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like the one found, if any is."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold()[:100], by_folded, n=1)
    return by_folded[close[0]] if close else None
