"""Functions of each cell by itself: the activations, and the cap on scores.

Each knows its derivative, and both are right to the last digits however large the numbers are: nothing
overflows, and what is left of a saturated function is worked out without a difference from 1.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.ops.expression import (
    ONE,
    Call,
    Extreme,
    Negative,
    Number,
    Product,
    Quotient,
    Square,
    Sum,
    exp,
    minus,
    value_of,
)
from attncli.ops.op import N_, Array, Gradient, Op
from attncli.ops.softmax import SAFE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import ErrorOf, Operand

SATURATED = 8.0  # from here on a person's 1 − tanh² has lost half its digits
STRAIGHT = 1e6  # from here on nothing bends
NOTHING = 1e3  # e^−NOTHING is 0
TWO, PI = Number(2.0), Number(math.pi)
CUBIC, ROOT = 0.044715, math.sqrt(2 / math.pi)  # of GELU's approximation
ROOT_OF_TWO_OVER_PI = Call("sqrt", Quotient(TWO, PI))


class Cellwise(Op):
    """A function of each cell; what else goes into it is a number.

    ``derivative`` is how the gradient's formula has its derivative, with a brace for each argument.
    """

    reuses = 0
    derivative: ClassVar[str]

    @abstractmethod
    def slope(self, *args: Any) -> Array:  # noqa: ANN401 - as for value
        """Work the derivative out."""

    def terms(self, *args: Any) -> Array:  # noqa: ANN401 - as for value
        """Add the derivative's terms up without their signs, where they may cancel."""
        return self.slope(*args)

    @abstractmethod
    def of(self, *args: Any) -> Expression:  # noqa: ANN401 - a cell, what it holds, and numbers
        """Write the function of one cell, from the cell, the number that it holds, and what else goes in."""

    @abstractmethod
    def slope_of(self, *args: Any) -> Expression:  # noqa: ANN401 - as for of
        """Write the derivative at one cell."""

    def slope_from(self, *args: Any) -> Expression | None:  # noqa: ANN401 - as for of
        """Write the derivative from what the function has come to, and numbers, where people do."""
        return None

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, *numbers = args
        x = float(a.value[index])
        if math.isinf(x):
            return Number(float(self.value(a.value[index], *(number.value for number in numbers))))
        return self.of(a.at(*index), x, *(number.at() for number in numbers))

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """Its own, and that of the argument as a change in it would go on."""
        size, lost = np.abs(value), errors(0)
        return size if lost is None else np.hypot(size, self.slope(*args) * lost)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], SLOPES[self], (dy, *args))


class Slope(Op):
    """The gradient that arrives, times a function's derivative at each cell."""

    reuses = 0
    axes = "*ij *ij . -> *ij"

    def __init__(self, function: Cellwise) -> None:
        self.function = function

    def text(self, *args: str) -> str:
        dy, *others = args
        return f"{dy}∘{self.function.derivative.format(*others)}"

    def value(self, dy: Array, a: Array, *numbers: float) -> Array:
        return dy * self.function.slope(a, *numbers)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the derivative's terms come to; the error of dY goes through the derivative itself."""
        dy, *others = args
        size: Array = np.abs(dy) * self.function.terms(*others)
        lost = errors(0)
        return size if lost is None else np.hypot(size, self.function.slope(*others) * lost)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        dy, a, *numbers = args
        x = float(a.value[index])
        if abs(x) < STRAIGHT:
            slope = self.function.slope_of(a.at(*index), x, *(number.at() for number in numbers))
        else:
            slope = Number(float(self.function.slope(a.value[index], *(number.value for number in numbers))))
        return times(dy.at(*index), slope)

    def cell_by(self, y: Operand, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        """Write one cell by what the function has come to, where people do: dT·(1 − T²) for tanh."""
        dy, _, *numbers = args
        slope = self.function.slope_from(y.at(*index), *(number.at() for number in numbers))
        return () if slope is None else (times(dy.at(*index), slope),)


def times(dy: Expression, slope: Expression) -> Product:
    """Write a product in one."""
    return Product((dy, *(slope.factors if isinstance(slope, Product) else (slope,))))


def logistic(a: Array) -> Array:
    """1/(1 + e^−a), or e^a/(1 + e^a) below 0, where e^−a may be too large."""
    small = np.exp(-np.abs(a))
    share: Array = np.maximum(small, (a >= 0).astype(small.dtype)) / (1 + small)
    return share


class Logistic(Cellwise):
    """σ(A) = 1/(1 + e^−A)."""

    written: ClassVar[Mapping[str, str]] = {"σ({})": "0"}
    derivative = "σ({0})∘(1 − σ({0}))"

    def value(self, a: Array) -> Array:
        return logistic(a)

    def slope(self, a: Array) -> Array:
        return logistic(a) * logistic(-a)

    def of(self, a: Expression, x: float) -> Expression:
        if x < -SAFE:
            return Quotient(exp(a), Sum((ONE, exp(a))))
        return Quotient(ONE, Sum((ONE, exp(Negative(a)))))

    def slope_of(self, a: Expression, x: float) -> Expression:
        share = self.of(a, x)
        return Product((share, minus(ONE, share) if x < SATURATED else self.of(Negative(a), -x)))

    def slope_from(self, y: Expression) -> Expression:
        return Product((y, minus(ONE, y)))


class Tanh(Cellwise):
    """tanh(A), from −1 to 1."""

    written: ClassVar[Mapping[str, str]] = {"tanh({})": "0"}
    derivative = "(1 − tanh²({0}))"

    def value(self, a: Array) -> Array:
        bent: Array = np.tanh(a)
        return bent

    def slope(self, a: Array) -> Array:
        """1/cosh²(a)."""
        return 4 * logistic(2 * a) * logistic(-2 * a)

    def of(self, a: Expression, x: float) -> Expression:
        return Call("tanh", a)

    def slope_of(self, a: Expression, x: float) -> Expression:
        if abs(x) < SATURATED:
            return minus(ONE, Square(Call("tanh", a)))
        double = Product((TWO, a))
        power = exp(Negative(double) if x > 0 else double)
        return Quotient(Product((Number(4.0), power)), Square(Sum((ONE, power))))

    def slope_from(self, y: Expression) -> Expression:
        return minus(ONE, Square(y))


class Softcap(Cellwise):
    """c·tanh(A/c): close to A where A is small, and never beyond c."""

    written: ClassVar[Mapping[str, str]] = {"softcap({}, {})": "0 1"}
    axes = "*ij . -> *ij"
    why = N_("softcap takes a matrix, and a number above 0 that it stays below")
    derivative = "(1 − tanh²({0}/{1}))"

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - as every op's
        return bool(args[1] > 0)

    def value(self, a: Array, c: float) -> Array:
        capped: Array = c * TANH.value(a / c)
        return capped

    def slope(self, a: Array, c: float) -> Array:
        return TANH.slope(a / c)

    def of(self, a: Expression, x: float, c: Expression) -> Expression:
        return Product((c, TANH.of(Quotient(a, c), x)))

    def slope_of(self, a: Expression, x: float, c: Expression) -> Expression:
        return TANH.slope_of(Quotient(a, c), x / value_of(c))

    def slope_from(self, y: Expression, c: Expression) -> Expression:
        return TANH.slope_from(Quotient(y, c))


class Relu(Cellwise):
    """max(0, A); its derivative at 0 is 0."""

    written: ClassVar[Mapping[str, str]] = {"relu({})": "0"}
    derivative = "({0} > 0)"

    def value(self, a: Array) -> Array:
        kept: Array = np.maximum(a, 0)
        return kept

    def slope(self, a: Array) -> Array:
        return (a > 0).astype(a.dtype)

    def of(self, a: Expression, x: float) -> Expression:
        return Extreme("max", (Number(0.0), a))

    def slope_of(self, a: Expression, x: float) -> Expression:
        return Number(float(x > 0))


class Gated(Cellwise):
    """A∘gate(A), for gates that open from 0 to 1 as A grows."""

    @abstractmethod
    def gate(self, a: Array) -> Array:
        """How much of a cell is let through."""

    @abstractmethod
    def opening(self, a: Array) -> Array:
        """The gate's derivative."""

    def value(self, a: Array) -> Array:
        near = np.clip(a, -NOTHING, NOTHING).astype(float)
        passed: Array = np.maximum(a, -NOTHING) * self.gate(near)
        return passed.astype(a.dtype)

    def slope(self, a: Array) -> Array:
        near = np.clip(a, -NOTHING, NOTHING).astype(float)
        slope: Array = self.gate(near) + near * self.opening(near)
        return slope.astype(a.dtype)

    def terms(self, a: Array) -> Array:
        near = np.clip(a, -NOTHING, NOTHING).astype(float)
        size: Array = self.gate(near) + np.abs(near) * self.opening(near)
        return size


class Silu(Gated):
    """A∘σ(A)."""

    written: ClassVar[Mapping[str, str]] = {"silu({})": "0"}
    derivative = "σ({0})∘(1 + {0}∘(1 − σ({0})))"

    def gate(self, a: Array) -> Array:
        return logistic(a)

    def opening(self, a: Array) -> Array:
        return LOGISTIC.slope(a)

    def of(self, a: Expression, x: float) -> Expression:
        return Product((a, LOGISTIC.of(a, x)))

    def slope_of(self, a: Expression, x: float) -> Expression:
        share = LOGISTIC.of(a, x)
        return Product((share, Sum((ONE, Product((a, minus(ONE, share)))))))


class Gelu(Gated):
    """A∘Φ(A), Φ the distribution function of the normal distribution (Hendrycks and Gimpel, 2016)."""

    written: ClassVar[Mapping[str, str]] = {"gelu({})": "0"}
    derivative = "(Φ({0}) + {0}∘φ({0}))"

    def gate(self, a: Array) -> Array:
        """erfc(−a/√2)/2, which keeps its digits in the tail.

        NumPy has no erfc; the standard library's takes a fraction of a second for a million cells.
        """
        scaled = np.ravel(-math.sqrt(0.5) * a).tolist()
        return np.fromiter(map(math.erfc, scaled), float, a.size).reshape(a.shape) / 2

    def opening(self, a: Array) -> Array:
        return np.exp(-a * a / 2) / math.sqrt(2 * math.pi)

    def of(self, a: Expression, x: float) -> Expression:
        return Quotient(Product((a, self.doubled(a))), TWO)

    def doubled(self, a: Expression) -> Sum:
        """Write 2Φ."""
        return Sum((ONE, Call("erf", Quotient(a, Call("sqrt", TWO)))))

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        """Write it as x times what a table has, Φ(x)."""
        a = args[0].at(*index)
        yield Product((a, Quotient(self.doubled(a), TWO)))

    def slope_of(self, a: Expression, x: float) -> Expression:
        bell = exp(Negative(Quotient(Square(a), TWO)))
        rise = Quotient(Product((a, bell)), Call("sqrt", Product((TWO, PI))))
        return Sum((Quotient(self.doubled(a), TWO), rise))


class GeluTanh(Gated):
    """A∘(1 + tanh t)/2, close to gelu(A); (1 + tanh t)/2 is σ(2t), which keeps its digits in the tail."""

    written: ClassVar[Mapping[str, str]] = {"gelu_tanh({})": "0"}
    derivative = (
        "(1 + tanh(t) + {0}∘(1 − tanh²(t))∘u)/2,"
        " t = √(2/π)·({0} + 0.044715·{0}³), u = √(2/π)·(1 + 0.134145·{0}²)"
    )

    def gate(self, a: Array) -> Array:
        return logistic(2 * ROOT * (a + CUBIC * a**3))

    def opening(self, a: Array) -> Array:
        return LOGISTIC.slope(2 * ROOT * (a + CUBIC * a**3)) * 2 * ROOT * (1 + 3 * CUBIC * a * a)

    def of(self, a: Expression, x: float) -> Expression:
        return Quotient(Product((a, Sum((ONE, self.bent(a))))), TWO)

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        """Write it as x times the half sum."""
        a = args[0].at(*index)
        yield Product((a, Quotient(Sum((ONE, self.bent(a))), TWO)))

    def bent(self, a: Expression) -> Call:
        """Write tanh t."""
        return Call("tanh", Product((ROOT_OF_TWO_OVER_PI, Sum((a, Product((Number(CUBIC), a, a, a)))))))

    def slope_of(self, a: Expression, x: float) -> Expression:
        bent = self.bent(a)
        u = Product((ROOT_OF_TWO_OVER_PI, Sum((ONE, Product((Number(3 * CUBIC), a, a))))))
        return Quotient(Sum((ONE, bent, Product((a, minus(ONE, Square(bent)), *u.factors)))), TWO)


LOGISTIC, TANH, SOFTCAP = Logistic(), Tanh(), Softcap()
RELU, SILU, GELU, GELU_TANH = Relu(), Silu(), Gelu(), GeluTanh()
SLOPES: dict[Cellwise, Slope] = {
    function: Slope(function) for function in (LOGISTIC, TANH, SOFTCAP, RELU, SILU, GELU, GELU_TANH)
}
