"""The functions of a cell's arithmetic in decimal numbers, to all the digits of the context."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TURN = Decimal(
    "6.28318530717958647692528676655900576839433879875021164194988918461563281257241799725607"
)  # 2π
LARGE = 128  # e^−128 is nothing beside 1, to any number of digits that is printed


def series(term: Decimal, factor: Callable[[int], Decimal]) -> Decimal:
    """Add up a series from its first term and the factor that makes the n-th of the one before it."""
    total, before, n = term, None, 0
    while total != before and total.is_finite():
        n += 1
        term *= factor(n)
        before, total = total, total + term
    return total


def sin(x: Decimal) -> Decimal:
    """Taylor's series of what is left of x after full turns."""
    x %= TURN
    return series(x, lambda n: -x * x / (2 * n * (2 * n + 1)))


def cos(x: Decimal) -> Decimal:
    """Taylor's series of what is left of x after full turns."""
    x %= TURN
    return series(Decimal(1), lambda n: -x * x / (2 * n * (2 * n - 1)))


def tanh(x: Decimal) -> Decimal:
    """(e^2x − 1)/(e^2x + 1), where e^2x − 1 is a sum of its own, which loses no digits near 0."""
    double = 2 * abs(x)
    if double > LARGE:
        return Decimal(1).copy_sign(x)
    above = series(double, lambda n: double / (n + 1))
    return (above / (above + 2)).copy_sign(x)


def erf(x: Decimal) -> Decimal:
    """2/√π·e^−x²·Σ x·(2x²)^n/(1·3·5⋯(2n + 1)), whose terms all have one sign (DLMF 7.6.2)."""
    if x * x > LARGE:
        return Decimal(1).copy_sign(x)
    return 2 / (TURN / 2).sqrt() * (-x * x).exp() * series(x, lambda n: 2 * x * x / (2 * n + 1))
