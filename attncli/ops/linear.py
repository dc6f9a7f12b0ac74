"""Products and sums of matrices.

Shapes are those of the formulas; a leading ``h`` (heads) goes through every op untouched. The
gradient rules are the matrix calculus of the chain rule: for Y = A·B, dA = dY·Bᵀ and dB = Aᵀ·dY.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.ops.expression import Negative, Product, Quotient, Sum, minus
from attncli.ops.op import N_, TRANSPOSED, Array, Gradient, LinearOp, transpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from attncli.ops.expression import Expression
    from attncli.ops.op import Operand, Shape


class MatMul(LinearOp):
    """A·B."""

    written: ClassVar[Mapping[str, str]] = {"{}·{}": "0 1"}
    axes = "*ij *jk -> *ik"
    why = N_("a product needs as many rows on the right as there are columns on the left")

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

    written: ClassVar[Mapping[str, str]] = {"{}·{} + {}": "0 1 2"}
    axes = "*ij *jk k -> *ik"
    why = N_(
        "a product needs as many rows on the right as there are columns on the left; what is added in the"
        " same line is a vector: to add a matrix, give the product a name of its own"
    )

    def value(self, x: Array, w: Array, b: Array) -> Array:  # type: ignore[override]
        product: Array = np.matmul(x, w)
        if b.shape != product.shape[-1:]:  # of a wrong row; a bias of one number would go with any
            raise ValueError("the shapes differ")
        product += b
        return product

    def write(self, out: Array, *args: Array) -> None:
        x, w, b = args
        np.matmul(x, w, out=out)
        np.add(out, b, out=out)

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
    """The sum of each column, over all heads: of a matrix, or of one times another cell by cell."""

    axes = "*ij *ij -> j"

    def text(self, *args: str) -> str:
        return f"colsum({'∘'.join(args)})"

    def value(self, *args: Array) -> Array:
        total: Array = (args[0] if len(args) == 1 else args[0] * args[1]).sum(
            axis=tuple(range(args[0].ndim - 1))
        )
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        rows = np.ndindex(*args[0].value.shape[:-1])
        columns = [[arg.at(*row, *index) for arg in args] for row in rows]
        return Sum(tuple(Product(tuple(cells)) if cells[1:] else cells[0] for cells in columns))


class NegativeColSum(ColSum):
    """Minus the sum of each column."""

    def text(self, *args: str) -> str:
        return f"−{super().text(*args)}"

    def value(self, *args: Array) -> Array:
        return -super().value(*args)

    def total(self, *sizes: Array) -> Array:
        return super().value(*sizes)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return Negative(super().cell(index, *args))


class Scale(LinearOp):
    """A matrix divided by one number, S/√d_k, or multiplied by one, S·c; its gradient goes the same way."""

    reuses = 0
    axes = "*ij . -> *ij"
    why = N_("a matrix is multiplied or divided by a number, and divided by any but 0")

    def __init__(
        self, template: str, pattern: str, compute: np.ufunc, spell: Callable[..., Expression]
    ) -> None:
        self.written = {template: pattern}  # type: ignore[misc]
        self.compute, self.spell = compute, spell

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - as every op's
        return self.compute is not np.divide or args[1] != 0

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

    axes = "*ij *ij -> *ij"
    why = N_("a sum needs matrices of one shape, or on the right a vector with a number for each column")

    def shape(self, *args: Shape) -> Shape:
        return args[0]  # or vectors: paths meet at a bias as well

    def text(self, *args: str) -> str:
        return " + ".join(args)

    def arguments(self, template: str) -> str | None:
        count = template.count("{}")
        return (
            " ".join(map(str, range(count))) if count > 1 and template == self.text(*["{}"] * count) else None
        )

    def value(self, *args: Array) -> Array:
        total = args[0] + args[1]
        for path in args[2:]:
            total = total + path
        return total

    def write(self, out: Array, *args: Array) -> None:
        np.add(args[0], args[1], out=out)
        for path in args[2:]:
            np.add(out, path, out=out)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return Sum(tuple(path.at(*index) for path in args))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        for path in args:
            yield Gradient(path, COPY, (dy,))


class AddVector(LinearOp):
    """A + b, the vector b added to every row."""

    written: ClassVar[Mapping[str, str]] = {"{} + {}": "0 1"}
    axes = "*ij j -> *ij"
    why = Add.why

    def value(self, a: Array, b: Array) -> Array:
        total: Array = a + b
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, b = args
        return Sum((a.at(*index), b.at(index[-1])))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, b = args
        yield Gradient(a, COPY, (dy,))
        yield Gradient(b, COLSUM, (dy,))


class Subtract(LinearOp):
    """A − B."""

    written: ClassVar[Mapping[str, str]] = {"{} − {}": "0 1"}
    axes = "*ij *ij -> *ij"
    why = N_("a difference needs matrices of one shape, or a vector with a number for each column")

    def value(self, a: Array, b: Array) -> Array:
        difference: Array = a - b
        return difference

    def total(self, *sizes: Array) -> Array:
        return ADD.value(*sizes)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, b = args
        return minus(a.at(*index), b.at(*index))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, b = args
        yield Gradient(a, COPY, (dy,))
        yield Gradient(b, NEGATIVE, (dy,))


class SubtractVector(Subtract):
    """A − b, the vector b taken from every row."""

    axes = "*ij j -> *ij"

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, b = args
        return minus(a.at(*index), b.at(index[-1]))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, b = args
        yield Gradient(a, COPY, (dy,))
        yield Gradient(b, NEGATIVE_COLSUM, (dy,))


class Hadamard(LinearOp):
    """A∘B, cell by cell."""

    reuses = 0
    written: ClassVar[Mapping[str, str]] = {"{}∘{}": "0 1"}
    axes = "*ij *ij -> *ij"
    why = N_("∘ needs matrices of one shape, or a vector with a number for each column")

    def value(self, a: Array, b: Array) -> Array:
        product: Array = a * b
        return product

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, b = args
        return Product((a.at(*index), b.at(*index[-b.value.ndim :])))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, b = args
        yield Gradient(a, HADAMARD, (dy, b))
        yield Gradient(b, HADAMARD, (dy, a))


class HadamardVector(Hadamard):
    """A∘b, every row times the vector b."""

    axes = "*ij j -> *ij"

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, b = args
        yield Gradient(a, self, (dy, b))
        yield Gradient(b, COLSUM, (dy, a))


class NegativeOf(LinearOp):
    """−A."""

    def text(self, *args: str) -> str:
        return f"−{args[0]}"

    def value(self, a: Array) -> Array:
        return -a

    def total(self, *sizes: Array) -> Array:
        return sizes[0]

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return Negative(args[0].at(*index))


class Copy(LinearOp):
    """The matrix itself."""

    view = True

    def text(self, *args: str) -> str:
        return args[0]

    def value(self, a: Array) -> Array:
        return a

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return args[0].at(*index)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], self, (dy,))


MATMUL, AFFINE, COLSUM, NEGATIVE_COLSUM = MatMul(), Affine(), ColSum(), NegativeColSum()
DIVIDE = Scale("{}/{}", "0 1", np.divide, Quotient)
MULTIPLY = Scale("{}·{}", "0 1", np.multiply, lambda a, c: Product((a, c)))
TIMES = Scale("{}·{}", "1 0", np.multiply, lambda a, c: Product((c, a)))  # c·A, the number in front
ADD, COPY, SUBTRACT, NEGATIVE, HADAMARD = Add(), Copy(), Subtract(), NegativeOf(), Hadamard()
ADD_VECTOR, SUBTRACT_VECTOR, HADAMARD_VECTOR = AddVector(), SubtractVector(), HadamardVector()
