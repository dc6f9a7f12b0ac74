"""Rounding as a person does it: decided on the decimal digits that one sees, not on the binary number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from attncli.ops.op import Array

MODES = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}
SEEN = Context(prec=15)  # 0.3 − 0.1 is 0.2 to a person, and 0.125 lies just between 0.12 and 0.13
ROOM = Context(prec=400)  # for every digit in front of the point that float64 can have


@dataclass(frozen=True)
class Rounding:
    """Round to so many decimals.

    ``half-up`` takes halves away from zero, ``half-even`` to the even digit, and ``truncate`` cuts.
    """

    decimals: int
    mode: str = "half-up"

    def number(self, number: float) -> float:
        """Round one number; infinities and NaN stay what they are."""
        if not np.isfinite(number):
            return number
        unit = Decimal(1).scaleb(-self.decimals)
        seen = SEEN.create_decimal_from_float(number)
        return float(seen.quantize(unit, rounding=MODES[self.mode], context=ROOM)) + 0.0

    def matrix(self, values: Array) -> Array:
        """Round every cell."""
        flat = [self.number(number) for number in values.ravel().tolist()]
        return np.array(flat, values.dtype).reshape(values.shape)
