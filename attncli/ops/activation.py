"""The activations that belong to a loss, and how the two cancel in the backward pass.

∂L/∂O is P − Y, whatever P rounds to. So the gradient of an activation is taken together with its
loss's: the loss's rule gives dP, to show the article's derivation, and dO, computed as P − Y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.ops.expression import ONE, Negative, Number, Quotient, Sum, exp, minus
from attncli.ops.op import Array, Op
from attncli.ops.softmax import SAFE, softmax, softmax_cell

if TYPE_CHECKING:
    from attncli.ops.expression import Expression
    from attncli.ops.op import Operand


class Sigmoid(Op):
    """P = σ(O) = 1/(1 + e^−O)."""

    def text(self, *args: str) -> str:
        return f"σ({args[0]})"

    def value(self, o: Array) -> Array:
        small = np.exp(-np.abs(o))
        p: Array = np.maximum(small, o >= 0) / (1 + small)  # 1/(1+e^−o), or e^o/(1+e^o) below 0
        return p

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        o = args[0].at(*index)
        if args[0].value[index] > -SAFE:
            return Quotient(ONE, Sum((ONE, exp(Negative(o)))))
        return Quotient(exp(o), Sum((ONE, exp(o))))


class Distribution(Op):
    """P = softmax(O), along each row."""

    def text(self, *args: str) -> str:
        return f"softmax({args[0]})"

    def value(self, o: Array) -> Array:
        return softmax(o)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return softmax_cell(index, args[0])


def per(text: str, *number: str) -> str:
    """Write ``/N`` behind a formula where the loss is a mean."""
    return f"{text}/{number[0]}" if number else text


def per_cell(expression: Expression, *number: Operand) -> Expression:
    """Divide by N where the loss is a mean."""
    return Quotient(expression, number[0].at()) if number else expression


def counted(cells: Array, target: Array) -> Array:
    """Put 0 where the target's row does not count."""
    blank = np.isnan(target)
    return np.where(blank, np.zeros((), cells.dtype), cells) if blank.any() else cells


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

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        p, y, *n = args
        if np.isnan(y.value[index]):
            return Number(0.0)
        return per_cell(minus(p.at(*index), y.at(*index)), *n)


SIGMOID, DISTRIBUTION = Sigmoid(), Distribution()
SIGMOID_AND_BCE = OutputMinusTarget("d{p}∘{p}∘(1−{p})")
SOFTMAX_AND_CE = OutputMinusTarget("{p}∘(d{p} − rowsum({p}∘d{p}))")
