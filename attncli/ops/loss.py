"""The losses, and the activations that belong to them.

O is the output (n × d_out), Y the target of the same shape (a row of NaN in it does not count), P
what the activation makes of O. A last argument ``N``, where a loss has one, divides: the mean.

A loss and its activation cancel: ∂L/∂O is P − Y, whatever P rounds to. So the rule of the loss
gives both dP, to show the article's derivation, and dO, computed as P − Y; and it works out L and
dP from O, so that a saturated P makes neither a NaN nor an infinity that is not one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.ops.op import Array, Gradient, Op, Shape
from attncli.ops.softmax import softmax

if TYPE_CHECKING:
    from collections.abc import Iterable


def per(text: str, *number: str) -> str:
    """Write ``/N`` behind a formula where the loss is a mean."""
    return f"{text}/{number[0]}" if number else text


def counted(cells: Array, target: Array) -> Array:
    """Put 0 where the target's row does not count."""
    blank = np.isnan(target)
    return np.where(blank, np.zeros((), cells.dtype), cells) if blank.any() else cells


def softplus(o: Array) -> Array:
    """ln(1 + e^o), which is −ln σ(−o): exact to the last digits at any o."""
    return np.maximum(o, 0) + np.log1p(np.exp(-np.abs(o)))


def scalar(total: Array, n: float) -> Array:
    """Make a loss of a sum."""
    return np.asarray(total / n, total.dtype)


class LossOp(Op):
    """What every loss shares: its result is one number."""

    def shape(self, *args: Shape) -> Shape:  # noqa: ARG002
        return ()


class Sigmoid(Op):
    """P = σ(O); its gradient is taken together with its loss's."""

    def text(self, *args: str) -> str:
        return f"σ({args[0]})"

    def value(self, o: Array) -> Array:
        small = np.exp(-np.abs(o))
        p: Array = np.where(o >= 0, np.ones((), o.dtype), small) / (1 + small)
        return p


class Distribution(Op):
    """P = softmax(O); its gradient is taken together with its loss's."""

    def text(self, *args: str) -> str:
        return f"softmax({args[0]})"

    def value(self, o: Array) -> Array:
        return softmax(o)


class BinaryCrossEntropy(LossOp):
    """L = −Σ[Y·ln P + (1−Y)·ln(1−P)], where P = σ(O)."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"−Σ[{y}·ln {p} + (1−{y})·ln(1−{p})]", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:  # noqa: ARG002
        return scalar(counted(y * softplus(-o) + (1 - y) * softplus(o), y).sum(), n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        p, target, o, *n = args
        yield Gradient(p, BCE_DP, (p, target, o, *n))
        yield Gradient(o, SIGMOID_AND_BCE, (p, target, *n))


class BinaryCrossEntropyByP(Op):
    """dP = (P−Y)/(P∘(1−P)), worked out as (1−Y)(1+e^O) − Y(1+e^−O): σ(O) is 1/(1+e^−O)."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"({p}−{y})/({p}∘(1−{p}))", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:  # noqa: ARG002
        with np.errstate(over="ignore", invalid="ignore"):  # 1/(1−P) may lie beyond float64
            zeros = np.where(y == 1, np.zeros((), o.dtype), (1 - y) * (1 + np.exp(o)))
            ones = np.where(y == 0, np.zeros((), o.dtype), y * (1 + np.exp(-o)))
            return counted((zeros - ones) / n, y)


class CrossEntropy(LossOp):
    """L = −Σ Y·ln P, where P = softmax(O) and each row of Y is a distribution."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"−(Σ {y}·ln {p})" if n else f"−Σ {y}·ln {p}", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:  # noqa: ARG002
        below = o - o.max(axis=-1, keepdims=True)
        log_p = below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
        return scalar(-counted(y * log_p, y).sum(), n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        p, target, o, *n = args
        yield Gradient(p, CE_DP, (p, target, *n))
        yield Gradient(o, SOFTMAX_AND_CE, (p, target, *n))


class CrossEntropyByP(Op):
    """dP = −Y/P."""

    def text(self, *args: str) -> str:
        p, y, *n = args
        return per(f"(−{y}/{p})" if n else f"−{y}/{p}", *n)

    def value(self, p: Array, y: Array, n: float = 1.0) -> Array:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # P may round to 0
            return counted(np.where(y == 0, np.zeros((), p.dtype), -y / p) / n, y)


class OutputMinusTarget(Op):
    """dO = P − Y: the derivative of the activation cancels what dP is divided by."""

    def __init__(self, derivation: str) -> None:
        self.derivation = derivation

    def text(self, *args: str) -> str:
        p, y, *n = args
        difference = f"({p} − {y})" if n else f"{p} − {y}"
        return f"{self.derivation.format(p=p)} = {per(difference, *n)}"

    def value(self, p: Array, y: Array, n: float = 1.0) -> Array:
        return counted((p - y) / n, y)


class SquaredError(LossOp):
    """L = Σ(O − Y)²."""

    def text(self, *args: str) -> str:
        o, y, *n = args
        return per(f"Σ({o} − {y})²", *n)

    def value(self, o: Array, y: Array, n: float = 1.0) -> Array:
        return scalar((counted(o - y, y) ** 2).sum(), n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        yield Gradient(args[0], SQUARED_ERROR_GRADIENT, args)


class SquaredErrorGradient(Op):
    """dO = 2(O − Y)."""

    def text(self, *args: str) -> str:
        o, y, *n = args
        return per(f"2({o} − {y})", *n)

    def value(self, o: Array, y: Array, n: float = 1.0) -> Array:
        return counted(2 * (o - y) / n, y)


class Total(LossOp):
    """L = ΣO."""

    def text(self, *args: str) -> str:
        o, *n = args
        return per(f"Σ{o}", *n)

    def value(self, o: Array, n: float = 1.0) -> Array:
        return scalar(o.sum(), n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        yield Gradient(args[0], ONES, args)


class Ones(Op):
    """dO = 1 in every cell."""

    def text(self, *args: str) -> str:
        _, *n = args
        return per("1", *n)

    def value(self, o: Array, n: float = 1.0) -> Array:
        return np.full_like(o, 1 / n)


class Weighted(LossOp):
    """L = Σ U∘O, whose gradient is the given U."""

    def text(self, *args: str) -> str:
        u, o = args
        return f"Σ {u}∘{o}"

    def value(self, u: Array, o: Array) -> Array:
        return scalar((u * o).sum(), 1.0)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:  # noqa: ARG002
        yield Gradient(args[1], COPY, (args[0],))


class Copy(Op):
    """The matrix itself."""

    def text(self, *args: str) -> str:
        return args[0]

    def value(self, a: Array) -> Array:
        return a


SIGMOID, BCE, BCE_DP = Sigmoid(), BinaryCrossEntropy(), BinaryCrossEntropyByP()
SIGMOID_AND_BCE = OutputMinusTarget("d{p}∘{p}∘(1−{p})")
DISTRIBUTION, CE, CE_DP = Distribution(), CrossEntropy(), CrossEntropyByP()
SOFTMAX_AND_CE = OutputMinusTarget("{p}∘(d{p} − rowsum({p}∘d{p}))")
MSE, SQUARED_ERROR_GRADIENT = SquaredError(), SquaredErrorGradient()
TOTAL, ONES = Total(), Ones()
WEIGHTED, COPY = Weighted(), Copy()
