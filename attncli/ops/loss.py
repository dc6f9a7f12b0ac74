"""The losses that are taken of the output itself.

O is the output (n × d_out), Y the target of the same shape; a row of NaN in it does not count. A last
argument ``N``, where a loss has one, divides: the mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.expression import ONE, Number, Product, Quotient, Square, Sum, minus
from attncli.ops.linear import COPY
from attncli.ops.op import Array, Gradient, LinearOp, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import ErrorOf, Operand


def scalar(total: Array, n: float) -> Array:
    """Make a loss of a sum."""
    return np.asarray(total / n, total.dtype)


def places(matrix: Operand) -> Iterable[tuple[int, int]]:
    """Return every place that counts."""
    return [(i, j) for i, j in np.argwhere(~np.isnan(matrix.value)).tolist()]


def per(text: str, *number: str) -> str:
    """Write ``/N`` behind a formula where the loss is a mean."""
    return f"{text}/{number[0]}" if number else text


def per_cell(expression: Expression, *number: Operand) -> Expression:
    """Divide by N where the loss is a mean."""
    return Quotient(expression, number[0].at()) if number else expression


def counted(cells: Array, target: Array) -> Array:
    """Return the cells, 0 where the target's row does not count."""
    if not np.isnan(np.vdot(target, target)):  # no row is blank: one number tells
        return cells
    return np.where(np.isnan(target), np.zeros((), cells.dtype), cells)


class LossOp(Op):
    """What every loss shares: its result is one number."""

    axes = "ij -> ."


class SquaredError(LossOp):
    """L = Σ(O − Y)²."""

    def text(self, *args: str) -> str:
        o, y, *n = args
        return per(f"Σ({o} − {y})²", *n)

    def value(self, o: Array, y: Array, n: float = 1.0) -> Array:
        return scalar((counted(o - y, y) ** 2).sum(), n)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        o, y, *n = args
        return per_cell(Sum(tuple(Square(minus(o.at(i, j), y.at(i, j))) for i, j in places(y))), *n)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        o, y, *n = args
        lost = errors(0)
        carried = 0.0 if lost is None else np.sqrt((counted(2 * (o - y) * lost, y) ** 2).sum())
        return np.asarray(value + carried / (n[0] if n else 1))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], SQUARED_ERROR_GRADIENT, args)


class SquaredErrorGradient(Op):
    """dO = 2(O − Y)."""

    def text(self, *args: str) -> str:
        o, y, *n = args
        return per(f"2({o} − {y})", *n)

    def value(self, o: Array, y: Array, n: float = 1.0) -> Array:
        return counted(2 * (o - y) / n, y)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """That of O, where O is close to Y."""
        return np.abs(value) if (lost := errors(0)) is None else 2 * lost / (args[2] if args[2:] else 1)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        o, y, *n = args
        if np.isnan(y.value[index]):
            return Number(0.0)
        return per_cell(Product((Number(2.0), minus(o.at(*index), y.at(*index)))), *n)


class Total(LinearOp, LossOp):
    """L = ΣO."""

    def text(self, *args: str) -> str:
        o, *n = args
        return per(f"Σ{o}", *n)

    def value(self, o: Array, n: float = 1.0) -> Array:
        return scalar(o.sum(), n)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        o, *n = args
        return per_cell(Sum(tuple(o.at(i, j) for i, j in places(o))), *n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], ONES, args)


class Ones(Op):
    """dO = 1 in every cell."""

    def text(self, *args: str) -> str:
        _, *n = args
        return per("1", *n)

    def value(self, o: Array, n: float = 1.0) -> Array:
        return np.full_like(o, 1 / n)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return per_cell(ONE, *args[1:])


class Weighted(LinearOp, LossOp):
    """L = Σ U∘O, whose gradient is the given U."""

    def text(self, *args: str) -> str:
        u, o = args
        return f"Σ {u}∘{o}"

    def value(self, u: Array, o: Array) -> Array:
        return scalar((u * o).sum(), 1.0)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        u, o = args
        return Sum(tuple(Product((u.at(i, j), o.at(i, j))) for i, j in places(u)))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[1], COPY, (args[0],))


MSE, SQUARED_ERROR_GRADIENT = SquaredError(), SquaredErrorGradient()
TOTAL, ONES = Total(), Ones()
WEIGHTED = Weighted()
