"""Products and sums of matrices.

Shapes are those of the formulas; a leading ``h`` (heads) goes through every op untouched. The
gradient rules are the matrix calculus of the chain rule: for Y = A·B, dA = dY·Bᵀ and dB = Aᵀ·dY.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.ops.expression import Product, Quotient, Sum
from attncli.ops.op import TRANSPOSED, Array, Gradient, LinearOp, Shape, transpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attncli.ops.expression import Expression
    from attncli.ops.op import Operand


class MatMul(LinearOp):
    """A·B."""

    def text(self, *args: str) -> str:
        a, b = args
        return f"{a}·{b}"

    def value(self, a: Array, b: Array) -> Array:
        product: Array = np.matmul(a, b)
        return product

    def write(self, out: Array, *args: Array) -> None:
        a, b = args
        np.matmul(a, b, out=out)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, b = args
        *heads, i, j = index
        return Sum(tuple(Product((a.at(*heads, i, k), b.at(*heads, k, j))) for k in range(a.value.shape[-1])))

    def shape(self, *args: Shape) -> Shape:
        a, b = args[:2]
        return (*a[:-1], b[-1])

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """For Y = A·B, dA = dY·Bᵀ and dB = Aᵀ·dY; for a transposed operand the same, transposed."""
        a, b = args
        yield (
            Gradient(transpose(a), MATMUL, (b, transpose(dy)))
            if a.endswith(TRANSPOSED)
            else Gradient(a, MATMUL, (dy, transpose(b)))
        )
        yield (
            Gradient(transpose(b), MATMUL, (transpose(dy), a))
            if b.endswith(TRANSPOSED)
            else Gradient(b, MATMUL, (transpose(a), dy))
        )


class Affine(MatMul):
    """X·W + b, the bias b added to every row."""

    def text(self, *args: str) -> str:
        x, w, b = args
        return f"{x}·{w} + {b}"

    def value(self, x: Array, w: Array, b: Array) -> Array:  # type: ignore[override]
        product: Array = np.matmul(x, w)
        if b.shape != product.shape[-1:]:  # of a wrong row; a bias of one number would go with any
            raise ValueError("the shapes differ")
        product += b
        return product

    def write(self, out: Array, *args: Array) -> None:
        out[...] = self.value(*args)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        x, w, b = args
        product = super().cell(index, x, w)
        assert isinstance(product, Sum)  # noqa: S101 - it is MatMul's
        return Sum((*product.terms, b.at(index[-1])))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """As for a product; db = the sum of dY's rows, because b went into each of them."""
        x, w, b = args
        yield from super().gradients(y, dy, x, w)
        yield Gradient(b, COLSUM, (dy,))


class ColSum(LinearOp):
    """The sum of each column."""

    def text(self, *args: str) -> str:
        return f"colsum({args[0]})"

    def value(self, a: Array) -> Array:
        total: Array = a.sum(axis=-2)
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a = args[0]
        return Sum(tuple(a.at(i, *index) for i in range(a.value.shape[0])))

    def shape(self, *args: Shape) -> Shape:
        return args[0][1:]


class Scale(LinearOp):
    """A matrix divided by one number, S/√d_k, or multiplied by one, S·c; its gradient goes the same way."""

    reuses = 0

    def __init__(self, sign: str, compute: np.ufunc, spell: Callable[..., Expression]) -> None:
        self.sign, self.compute, self.spell = sign, compute, spell

    def text(self, *args: str) -> str:
        return self.sign.join(args)

    def value(self, a: Array, number: float) -> Array:
        scaled: Array = self.compute(a, number)
        return scaled

    def write(self, out: Array, a: Array, number: float) -> None:
        self.compute(a, number, out=out)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, number = args
        return self.spell(a.at(*index), number.at())

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, number = args
        yield Gradient(a, self, (dy, number))


class Add(LinearOp):
    """The sum of several matrices: where paths of the chain rule meet."""

    def text(self, *args: str) -> str:
        return " + ".join(args)

    def value(self, *args: Array) -> Array:
        total = args[0] + args[1]
        for path in args[2:]:
            total = total + path
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return Sum(tuple(path.at(*index) for path in args))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        for path in args:
            yield Gradient(path, COPY, (dy,))


class Copy(LinearOp):
    """The matrix itself."""

    def text(self, *args: str) -> str:
        return args[0]

    def value(self, a: Array) -> Array:
        return a

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return args[0].at(*index)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], self, (dy,))


MATMUL, AFFINE, COLSUM = MatMul(), Affine(), ColSum()
DIVIDE, MULTIPLY = Scale("/", np.divide, Quotient), Scale("·", np.multiply, lambda a, c: Product((a, c)))
ADD, COPY = Add(), Copy()
