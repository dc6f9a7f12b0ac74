"""Rounding as a person does it: decided on the decimal digits that one sees, not on the binary number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING

import numpy as np

from attncli.choices import ROUNDING_MODES

if TYPE_CHECKING:
    from attncli.ops.op import Array


SURE, UNSURE = 1e9, 1e-4  # units this small are exact to far more digits than this

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
        return float(seen.quantize(unit, rounding=ROUNDING_MODES[self.mode], context=ROOM)) + 0.0

    def matrix(self, values: Array) -> Array:
        """Round every cell: one by one only where binary and decimal digits may disagree."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is infinite is not clear
            units = np.asarray(values, np.float64) * 10.0**self.decimals
            whole = np.trunc(units) if self.mode == "truncate" else np.rint(units)
            part = np.abs(units - np.trunc(units))
        edge = 1.0 if self.mode == "truncate" else 0.5
        clear = (np.abs(units) < SURE) & (np.abs(part - edge) > UNSURE)
        rounded = np.asarray(whole / 10.0**self.decimals + 0.0)
        for index in np.argwhere(~clear).tolist():
            rounded[tuple(index)] = self.number(float(values[tuple(index)]))
        return rounded.astype(values.dtype, copy=False)
