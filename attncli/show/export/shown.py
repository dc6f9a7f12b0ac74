"""What is to be exported, and how it is to look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attncli.show.views import Looks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.result import Result


class Paper(Looks):
    """How matrices look where no screen is too narrow for a name."""

    @property
    def room(self) -> int:
        """How long a name may be."""
        return 48


@dataclass(frozen=True)
class Shown:
    """A result, and what of it is to be shown, and how."""

    result: Result
    symbols: Sequence[str]
    looks: Looks
    head: int | None = None
    quiet: bool = False

    @property
    def paper(self) -> Paper:
        """How the matrices of a document look."""
        looks = self.looks
        return Paper(replace(looks.terminal, color=False), looks.decimals, looks.full)
