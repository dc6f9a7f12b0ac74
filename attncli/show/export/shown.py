"""What is to be exported, and how it is to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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


class Shown(NamedTuple):
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
        return Paper(looks.terminal._replace(color=False), looks.decimals, looks.full)
