"""What there is to say about one cell, or one symbol: for every format that can explain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from attncli.harmless import harmless
from attncli.show.prose import prose
from attncli.show.working import Working

if TYPE_CHECKING:
    from attncli.explain import Explanation
    from attncli.result import Result


@dataclass(frozen=True)
class Explained:
    """A cell such as ``A[Death,wind]``, or a symbol such as ``A``, and how far to go back from it."""

    result: Result
    cell: str
    depth: int | None
    decimals: int
    full: bool = False

    @property
    def working(self) -> Working:
        """Writes its arithmetic as on paper."""
        return Working(self.decimals, full=self.full)

    @property
    def symbol(self) -> str:
        """The symbol, where one was asked for, and not a cell; else ""."""
        symbol = self.cell.strip()
        return symbol if symbol in self.result.values else ""

    @property
    def has_working(self) -> bool:
        """Whether it is a number, with arithmetic behind it: a matrix is only told of in words."""
        return not self.symbol or not self.result[self.symbol].ndim

    @cached_property
    def explanation(self) -> Explanation:
        """Where the number comes from. Raises AttnError where there is no such cell."""
        return self.result.explain(self.cell)

    @property
    def name(self) -> str:
        """What a heading says."""
        return harmless(self.explanation.name if self.has_working else self.symbol)

    @property
    def words(self) -> tuple[str, ...]:
        """Paragraphs, where a symbol was asked for."""
        return tuple(map(harmless, prose(self.result, self.symbol))) if self.symbol else ()

    @property
    def trail(self) -> tuple[str, ...]:
        """The lines of the working."""
        if not self.has_working:
            return ()
        return tuple(map(harmless, self.working.trail(self.explanation, self.depth)))
