"""What an operation of the page is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attncli.ops.expression import Expression


Array = NDArray[np.floating[Any]]
Shape = tuple[str, ...]

ErrorOf = Callable[[int], Array | None]

TRANSPOSED = "ᵀ"


def lengths(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return a shape in numbers, from what its letters stand for; ``h·d_k`` is h times d_k."""
    return tuple(prod(sizes[part] for part in letter.split("·")) for letter in shape)


def transpose(name: str) -> str:
    """``K`` → ``Kᵀ`` and back: how an argument of a row is written."""
    return name.removesuffix(TRANSPOSED) if name.endswith(TRANSPOSED) else name + TRANSPOSED


class Gradient(NamedTuple):
    """One path of the chain rule: ``∂L/∂of`` by way of one row, as arithmetic on the page."""

    of: str
    op: Op
    args: tuple[str, ...]


class Operand(Protocol):
    """What goes into one cell of a row: a matrix, transposed or not, or a constant."""

    @property
    def value(self) -> Any:  # noqa: ANN401 - a matrix, or a mask
        """What stands on the page."""

    def at(self, *index: int) -> Expression:
        """Return one cell of the matrix, or the constant."""


class Op(ABC):
    """One kind of arithmetic, complete: its text, its numbers, its shape and its gradient.

    The text, the numbers and the gradient of a formula come from the same object, so that what is
    printed is what ran. Ops have no state: one instance serves every row.
    """

    @abstractmethod
    def text(self, *args: str) -> str:
        """Write the right-hand side of the formula, from the names of its arguments."""

    @abstractmethod
    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute the row, from the values of its arguments: matrices, constants, masks."""

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute the row from values that were rounded on the way, as a person would."""
        return self.value(*args)

    reuses: ClassVar[int | None] = None  # the argument over which the result may be written, cell by cell

    def write(self, out: Array, *args: Any) -> None:  # noqa: ANN401 - as for value
        """Compute the row into ``out``."""
        out[...] = self.value(*args)

    @abstractmethod
    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write out one cell of the row: the same arithmetic, number by number."""

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Write out one cell as a person does, even where a machine needs none of it."""
        return self.cell(index, *args)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """How far rounding may have carried each cell, in units of its type's eps.

        ``value`` is the row, ``errors(i)`` says the same of an argument; None where it is exact. By
        default every cell is right to its last digits.
        """
        return np.abs(value)

    def shape(self, *args: Shape) -> Shape:
        """Return the row's shape in letters, from those of its arguments."""
        return args[0]

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """Apply the chain rule: the row is ``y``, the gradient that arrives at it is ``dy``."""
        return ()


class LinearOp(Op):
    """Sums of products: linear in each argument by itself. Where its terms cancel, rounding is left."""

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the terms of a cell come to without their signs; the arguments' errors add up at random."""
        sizes = [np.abs(arg) if isinstance(arg, np.ndarray | float) else arg for arg in args]
        squares = [size**2 if isinstance(size, np.ndarray | float) else size for size in sizes]
        total = self.value(*sizes)
        carried = [
            self.value(*squares[:i], error**2, *squares[i + 1 :])
            for i in range(len(args))
            if (error := errors(i)) is not None
        ]
        return np.hypot(total, np.sqrt(sum(carried))) if carried else total
