"""The cross-entropies, which compare probabilities with a target.

O is the output (n × d_out), P = σ(O) or softmax(O), Y the target of the same shape; a row of NaN in it
does not count. A last argument ``N``, where there is one, divides: the mean. L and dP are worked out
from O, so that a saturated P makes neither a NaN nor an infinity that is not one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.cells import Logistic
from attncli.ops.expression import ONE, Negative, Number, Product, Quotient, Sum, exp, log, minus
from attncli.ops.loss import LossOp, counted, per, per_cell, places, scalar
from attncli.ops.op import Array, Gradient, Op
from attncli.ops.softmax import SAFE, Softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import ErrorOf, Operand

ALONE = 1e-15  # a share this close to 1 is 1
MANY = 2**12  # numbers, from which on it pays to take several steps over all of them


class Sigmoid(Logistic):
    """P = σ(O) = 1/(1 + e^−O)."""

    error = Op.error

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        return ()  # the loss's own: dO is worked out past P


class Distribution(Softmax):
    """P = softmax(O), along each row."""

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        return ()  # as that of σ


def softplus(o: Array) -> tuple[Array, Array]:
    """ln(1 + e^o) and ln(1 + e^−o), which are −ln σ(−o) and −ln σ(o): exact to the last digits at any o."""
    beyond = log1p(np.exp(-np.abs(o)))
    return np.maximum(o, 0) + beyond, np.maximum(-o, 0) + beyond


def log1p(small: Array) -> Array:
    """ln(1 + x), exact to the last digits at any x ≥ 0.

    NumPy takes it one number at a time, but ln of many at once; of a sum u = 1 + x that was rounded, ln u
    wants ln(1 + (x − (u − 1))/u) added, which is as good as what stands in the brackets.
    """
    if small.size < MANY:
        found: Array = np.log1p(small)
        return found
    rounded = 1 + small
    lost = rounded - 1
    np.subtract(small, lost, out=lost)
    np.divide(lost, rounded, out=lost)
    np.log(rounded, out=rounded)
    rounded += lost
    return rounded


def log_softmax(o: Array) -> Array:
    """Ln softmax(o) of each row, exact to the last digits at any o."""
    below = o - o.max(axis=-1, keepdims=True)
    shares: Array = below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
    return shares


def seen(p: Array, of_p: Callable[[Array], Array], from_o: Array) -> Array:
    """Work out something from a rounded P, as on paper, except where P came out as 0 or 1: there from O."""
    end = (p == 0) | (p == 1)
    return np.where(end, from_o, of_p(np.where(end, 0.5, p)))


def weighted(weight: Expression, number: float, of: Expression) -> Expression:
    """Multiply, unless it is by 1: a target of 0s and 1s just picks."""
    return of if number == 1 else Product((weight, of))


def log_sigmoid(p: Operand, o: Operand, i: int, j: int, *, rest: bool = False) -> Expression:
    """Write ln σ(o), or with ``rest`` ln(1 − σ(o)) = ln σ(−o), from P unless P rounds to 0 or 1."""
    if p.value[i, j] not in {0.0, 1.0}:
        return log(minus(ONE, p.at(i, j)) if rest else p.at(i, j))
    plus, negative = o.at(i, j), Negative(o.at(i, j))
    if (-o.value[i, j] if rest else o.value[i, j]) < -SAFE:
        return negative if rest else plus  # ln σ(o) is o to the last digit
    return Negative(log(Sum((ONE, exp(plus if rest else negative)))))


def is_share(p: Operand, o: Operand, i: int, j: int) -> bool:
    """Whether P can be worked with as it stands: not where it was rounded to 0 or 1."""
    number = p.value[i, j]
    return bool(0 < number < 1 or (number == 1 and log_softmax(o.value[i])[j] > -ALONE))


def log_share(p: Operand, o: Operand, i: int, j: int) -> Expression:
    """Write ln softmax(o), from P unless P rounds to 0 or 1."""
    if is_share(p, o, i, j):
        return log(p.at(i, j))
    top = int(o.value[i].argmax())
    powers = Sum(tuple(exp(minus(o.at(i, k), o.at(i, top))) for k in range(o.value.shape[-1])))
    return Sum((o.at(i, j), Negative(o.at(i, top)), Negative(log(powers))))


class BinaryCrossEntropy(LossOp):
    """L = −Σ[Y·ln P + (1−Y)·ln(1−P)], where P = σ(O)."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"−Σ[{y}·ln {p} + (1−{y})·ln(1−{p})]", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        rest, one = softplus(o)
        return scalar(counted(y * one + (1 - y) * rest, y).sum(), n)

    def on_paper(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        rest, one = softplus(o)
        log_p, log_rest = seen(p, np.log, -one), seen(p, lambda p: np.log(1 - p), -rest)
        return scalar(-counted(y * log_p + (1 - y) * log_rest, y).sum(), n)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, o, *n = args
        terms: list[Expression] = []
        for i, j in places(y):
            if y.value[i, j] != 0:
                terms.append(weighted(y.at(i, j), y.value[i, j], log_sigmoid(p, o, i, j)))
            if y.value[i, j] != 1:
                rest = minus(ONE, y.at(i, j))
                terms.append(weighted(rest, 1 - y.value[i, j], log_sigmoid(p, o, i, j, rest=True)))
        return per_cell(Negative(Sum(tuple(terms))), *n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        p, target, o, *n = args
        yield Gradient(p, BCE_DP, (p, target, o, *n))
        yield Gradient(o, BCE_DO, (p, target, *n))


class BinaryCrossEntropyByP(Op):
    """dP = (P−Y)/(P∘(1−P)), worked out as (1−Y)(1+e^O) − Y(1+e^−O): σ(O) is 1/(1+e^−O)."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"({p}−{y})/({p}∘(1−{p}))", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):  # 1/(1−P) may lie beyond float64
            rest, one = 1 - y, 1 + np.exp(-o)
            zeros, ones = rest * (1 + np.exp(o)), y * one
            if np.isnan(np.vdot(zeros, ones)):  # 0 times what is beyond
                zeros, ones = np.where(rest == 0, rest, zeros), np.where(y == 0, y, ones)
            return counted((zeros - ones) / n, y)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """That of P, where P is close to a Y between 0 and 1."""
        p, y, _, *n = args
        close = np.abs(p - y) < np.minimum(y, 1 - y) / 2
        return np.where(close, 1 / (1 - p) / (n[0] if n else 1), np.abs(value))

    def on_paper(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        return seen(p, lambda p: counted((p - y) / (p * (1 - p)) / n, y), self.value(p, y, o, n))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, o, *n = args
        if np.isnan(y.value[index]):
            return Number(0.0)
        if p.value[index] not in {0.0, 1.0}:
            one = p.at(*index)
            return per_cell(Quotient(minus(one, y.at(*index)), Product((one, minus(ONE, one)))), *n)
        number, one = float(y.value[index]), o.at(*index)
        if abs(o.value[index]) > SAFE and number != (1 if o.value[index] > 0 else 0):
            return Number(float(self.value(p.value, y.value, o.value)[index]))
        zeros, ones = Sum((ONE, exp(one))), Sum((ONE, exp(Negative(one))))
        terms: list[Expression] = []
        if number != 1:
            terms.append(weighted(minus(ONE, y.at(*index)), 1 - number, zeros))
        if number != 0:
            terms.append(Negative(weighted(y.at(*index), number, ones)))
        return per_cell(terms[0] if len(terms) == 1 else Sum(tuple(terms)), *n)


class CrossEntropy(LossOp):
    """L = −Σ Y·ln P, where P = softmax(O) and each row of Y is a distribution."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"−(Σ {y}·ln {p})" if n else f"−Σ {y}·ln {p}", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        return scalar(-counted(np.where(y == 0, np.zeros((), o.dtype), y * log_softmax(o)), y).sum(), n)

    def on_paper(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        return scalar(-counted(y * seen(p, np.log, log_softmax(o)), y).sum(), n)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, o, *n = args
        terms = (
            weighted(y.at(i, j), y.value[i, j], log_share(p, o, i, j))
            for i, j in places(y)
            if y.value[i, j] != 0
        )
        return per_cell(Negative(Sum(tuple(terms))), *n)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        p, target, o, *n = args
        yield Gradient(p, CE_DP, (p, target, o, *n))
        yield Gradient(o, CE_DO, (p, target, *n))


class CrossEntropyByP(Op):
    """dP = −Y/P, worked out from O."""

    def text(self, *args: str) -> str:
        p, y, _, *n = args
        return per(f"(−{y}/{p})" if n else f"−{y}/{p}", *n)

    def value(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):  # 1/P may lie beyond float64
            inverse = np.exp(-log_softmax(o))
            return counted(np.where(y == 0, np.zeros((), p.dtype), -y * inverse) / n, y)

    def on_paper(self, p: Array, y: Array, o: Array, n: float = 1.0) -> Array:
        return seen(p, lambda p: counted(-y / p / n, y), self.value(p, y, o, n))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, o, *n = args
        if y.value[index] == 0 or np.isnan(y.value[index]):
            return Number(0.0)
        i, j = index
        if is_share(p, o, i, j):
            return per_cell(Negative(Quotient(y.at(i, j), p.at(i, j))), *n)
        return per_cell(Negative(Product((y.at(i, j), exp(Negative(log_share(p, o, i, j)))))), *n)


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

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """That of P, where P is close to Y: half a unit of its last digit."""
        return np.abs(value) if (lost := errors(0)) is None else lost / 2 / (args[2] if args[2:] else 1)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, *n = args
        if np.isnan(y.value[index]):
            return Number(0.0)
        return per_cell(minus(p.at(*index), y.at(*index)), *n)


SIGMOID, BCE, BCE_DP = Sigmoid(), BinaryCrossEntropy(), BinaryCrossEntropyByP()
DISTRIBUTION, CE, CE_DP = Distribution(), CrossEntropy(), CrossEntropyByP()
BCE_DO = OutputMinusTarget("d{p}∘{p}∘(1−{p})")
CE_DO = OutputMinusTarget("{p}∘(d{p} − rowsum({p}∘d{p}))")
