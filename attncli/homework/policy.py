"""How answers are judged and what they earn: the options of check, or a teacher's rubric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from numbers import Real

from attncli.errors import AttnError
from attncli.language import _

FOLLOW_THROUGH = {"full": 1.0, "half": 0.5, "none": 0.0}


class Hint(StrEnum):
    """How much of what is wrong a student sees."""

    NONE = "none"
    CELL = "cell"
    MISTAKE = "mistake"


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may lie from the value that it should have; the boundary is right.

    Without any number: half a unit of the last decimal that the student wrote in the row.
    ``decimals``: half a unit of that decimal; fewer than that written is wrong (slip-few-digits).
    ``significant``: half a unit of that significant digit of the right value.
    ``rtol`` and ``atol``: atol + rtol·|right value|.
    """

    decimals: int | None = None
    significant: int | None = None
    rtol: float | None = None
    atol: float | None = None

    def check(self, prefix: str = "") -> None:
        """Refuse an rtol or atol that is no size; ``prefix`` stands before its name. Raises AttnError."""
        for name, size in (("rtol", self.rtol), ("atol", self.atol)):
            if size is not None and not (is_number(size) and math.isfinite(size) and size >= 0):
                raise AttnError(
                    _(
                        "{option} is {value}; expected a number that is 0 or more",
                        option=prefix + name,
                        value=f"{size:g}" if is_number(size) else repr(size)[:40],
                    ),
                    hint=_("like 0.001"),
                )


def is_number(value: object) -> bool:
    """Whether something is a number, NumPy's included."""
    return isinstance(value, Real) and not isinstance(value, bool)


@dataclass(frozen=True)
class Policy:
    """What is asked and what it earns.

    ``due``: the rows that are asked for; None: whatever the sheet answers. ``points``: what a row
    earns, where it is not 1. ``ignored``: rows that do not count. ``follow_through``: the share that
    a row earns which follows from wrong ones. ``mistakes``: the share that a row still earns which
    is explained by this named mistake. ``layout``: whether sheets have tokens as "rows" or "columns";
    "auto": as each sheet fits; None: as the problem is shown.
    """

    tolerance: Tolerance = field(default_factory=Tolerance)
    due: tuple[str, ...] | None = None
    points: Mapping[str, float] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    follow_through: float = 1.0
    mistakes: Mapping[str, float] = field(default_factory=dict)
    layout: str | None = None

    @property
    def due_points(self) -> dict[str, float]:
        """What each row that is asked for and counts can earn."""
        return {row: self.points.get(row, 1.0) for row in self.due or () if row not in self.ignored}
