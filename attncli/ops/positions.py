"""What tells a row its place: rotary positions, sinusoidal ones, and ALiBi's slopes. Places count from 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from attncli.ops.expression import Call, Exact, Negative, Number, Product, Quotient, Sum, minus
from attncli.ops.linear import COPY
from attncli.ops.op import N_, Array, Gradient, LinearOp, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import ErrorOf, Operand


SINUSOIDAL_BASE = 10000.0  # Vaswani et al. 3.5
MATRIX = 2


def wavelength(base: float, i: int, width: int) -> float:
    """Return base^(2i/d): a place over it is the angle of the i-th pair of columns."""
    return float(base ** (2 * i / width))


def angle(place: int, wave: float) -> Expression:
    """Write an angle."""
    return Number(float(place)) if wave == 1 else Quotient(Number(float(place)), Number(wave))


class Turn(NamedTuple):
    """By how much each cell is turned, with which column it is paired, and how that one goes in."""

    cos: Array
    sin: Array
    partner: Array


class Rope(LinearOp):
    """Each pair of columns turned by place·base^(−2i/d): rotary positions (Su et al. 2021).

    Columns j and j + d/2 are a pair; with ``pairs`` neighbours are. ``back`` turns the other way.
    """

    axes = "*ij . -> *ij"
    why = N_("rope turns columns two by two, so there must be an even number of them")

    def __init__(self, *, pairs: bool = False, back: bool = False) -> None:
        self.pairs, self.back = pairs, back
        name = "rope⁻¹" if back else "rope"
        self.written = {f"{name}({{}}{', pairs' if pairs else ''})": "0 base"}  # type: ignore[misc]

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - as every op's
        return not args[0][-1] % 2

    def pair(self, j: int, width: int) -> tuple[int, int, bool]:
        """Return which pair a column is of, the other column of it, and whether it is its second."""
        if self.pairs:
            return j // 2, j ^ 1, bool(j % 2)
        half = width // 2
        return j % half, (j + half) % width, j >= half

    def turn(self, shape: tuple[int, ...], base: float) -> Turn:
        """Return how the rows of a matrix are turned."""
        *_, n, width = shape
        if width % 2:  # of a wrong row
            raise ValueError(width)
        columns = [self.pair(j, width) for j in range(width)]
        waves = [wavelength(base, i, width) for i, _, _ in columns]
        angles = np.arange(n)[:, None] / np.array(waves)
        signs = [1.0 if second != self.back else -1.0 for _, _, second in columns]
        return Turn(np.cos(angles), np.sin(angles) * signs, np.array([other for _, other, _ in columns]))

    def value(self, a: Array, base: float) -> Array:
        cos, sin, partner = self.turn(a.shape, base)
        return a * cos.astype(a.dtype) + a[..., partner] * sin.astype(a.dtype)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """Both terms without their signs, and the errors of both cells."""
        a, base = args
        cos, sin, partner = self.turn(a.shape, base)
        lost = errors(0)
        size = np.abs(a) if lost is None else np.hypot(a, lost)
        return np.asarray(size * np.abs(cos) + size[..., partner] * np.abs(sin))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, base = args
        *row, j = index
        width = a.value.shape[-1]
        i, other, second = self.pair(j, width)
        by = angle(row[-1], wavelength(base.value, i, width))
        own, beside = (
            Product((a.at(*row, column), Call(name, by))) for column, name in ((j, "cos"), (other, "sin"))
        )
        return Sum((own, beside if second != self.back else Negative(beside)))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """A rotation's gradient is the rotation back."""
        a, base = args
        yield Gradient(a, ROPE_PAIRS_BACK if self.pairs else ROPE_BACK, (dy, base))


class Positions(Op):
    """sin(place/10000^(2i/d)) in column 2i, the cosine of the same beside it, for a matrix of X's shape."""

    written: ClassVar[Mapping[str, str]] = {"positions({})": "0"}
    fixed = True

    def value(self, x: Array) -> Array:
        *_, n, width = x.shape
        waves = [wavelength(SINUSOIDAL_BASE, j // 2, width) for j in range(width)]
        angles = np.arange(n)[:, None] / np.array(waves)
        places = np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))
        return np.broadcast_to(places.astype(x.dtype), x.shape).copy()

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        *_, place, j = index
        wave = wavelength(SINUSOIDAL_BASE, j // 2, args[0].value.shape[-1])
        return Call("cos" if j % 2 else "sin", angle(place, wave))


class Alibi(LinearOp):
    """A + slope·(key − query), where head i of h has the slope 2^(−8i/h): the nearer, the better."""

    written: ClassVar[Mapping[str, str]] = {"alibi({})": "0"}

    def slopes(self, a: Array) -> list[float]:
        """Return the slope of each head."""
        heads = a.shape[0] if a.ndim > MATRIX else 1
        return [2.0 ** (-8 * i / heads) for i in range(1, heads + 1)]

    def added(self, a: Array) -> Array:
        """Return what is added."""
        n, m = a.shape[-2:]
        apart = np.arange(m) - np.arange(n)[:, None]
        slopes = np.array(self.slopes(a)).reshape(-1, *[1] * MATRIX)
        return np.asarray((slopes * apart).reshape(a.shape), a.dtype)

    def value(self, a: Array) -> Array:
        return a + self.added(a)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """Both terms without their signs, and the error of the first."""
        a = args[0]
        lost = errors(0)
        return np.asarray(np.hypot(np.abs(a) + np.abs(self.added(a)), 0.0 if lost is None else lost))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a = args[0]
        *head, query, key = index
        slope = self.slopes(a.value)[head[0] if head else 0]
        if not math.log2(slope) % 1:
            slope = Exact(slope)
        apart = minus(Number(float(key)), Number(float(query)))
        return Sum((a.at(*index), Product((Number(slope), apart))))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], COPY, (dy,))


ROPE, ROPE_PAIRS = Rope(), Rope(pairs=True)
ROPE_BACK, ROPE_PAIRS_BACK = Rope(back=True), Rope(pairs=True, back=True)
POSITIONS, ALIBI = Positions(), Alibi()
