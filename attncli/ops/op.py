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


def N_(sentence: str) -> str:  # noqa: N802 - as in attncli.language, on which no operation rests
    """Mark a sentence for the catalogues, to be looked up where it is shown."""
    return sentence


def lengths(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return a shape in numbers, from what its letters stand for: ``h·d_k`` is h times d_k, ``d/2`` half."""

    def product(letters: str) -> int:
        return prod(int(part) if part.isdecimal() else sizes[part] for part in letters.split("·"))

    def length(letters: str) -> int:
        whole, *parts = letters.split("/")
        return product(whole) // prod(map(product, parts))

    return tuple(map(length, shape))


def transpose(name: str) -> str:
    """``K`` → ``Kᵀ`` and back: how an argument of a row is written."""
    return name.removesuffix(TRANSPOSED) if name.endswith(TRANSPOSED) else name + TRANSPOSED


class DivisionByZeroError(FloatingPointError):
    """A row that there is nothing to divide by: why, what to do, and its place, head first."""

    def __init__(self, reason: str, remedy: str, row: tuple[int, ...]) -> None:
        super().__init__(reason, remedy, row)
        self.reason, self.remedy, self.row = reason, remedy, row


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

    ``written`` is how the page writes it, and so how it is read: a template with a brace for each operand,
    and the arguments that this stands for, the operands by number and what goes in unwritten by its
    symbol. ``{"split({})": "0 h", "split({}, {})": "0 1"}``: without a number, h. An op that has none is
    derived and never read.

    ``axes`` has a letter for each axis of each argument and of the result, the same where they must be
    equally long: ``"*ij *jk -> *ik"``. ``*`` stands for heads or none, ``h`` for as many as these are (1
    for none), ``.`` for a number or a mask. Arguments that may be left out come last. ``why`` says in an
    English sentence why the axes must be so.
    """

    written: ClassVar[Mapping[str, str]] = {}
    axes: ClassVar[str] = "*ij -> *ij"
    why: ClassVar[str] = N_("this operation takes a matrix, with heads or without")
    fixed: ClassVar[bool] = False  # the row does not depend on what its arguments hold: no gradient

    @property
    def upright(self) -> Op:
        """The operation with tokens as rows, where it is shown lying: itself."""
        return self

    def text(self, *args: str) -> str:
        """Write the right-hand side of the formula, from the names of its arguments."""
        for template, pattern in self.written.items():
            parts = pattern.split()
            if len(parts) == len(args) and all(
                part.isdecimal() or part == arg for part, arg in zip(parts, args, strict=True)
            ):
                operands = {int(part): arg for part, arg in zip(parts, args, strict=True) if part.isdecimal()}
                return template.format(*(operands[i] for i in range(len(operands))))
        raise ValueError(args)

    def arguments(self, template: str) -> str | None:
        """Return what a template stands for, as ``written`` has it; None where the op is not written so."""
        return self.written.get(template)

    @abstractmethod
    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute the row, from the values of its arguments: matrices, constants, masks."""

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute the row from values that were rounded on the way, as a person would."""
        return self.value(*args)

    view: ClassVar[bool] = False  # the result is the first argument, looked at in another way
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

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        """Write out one cell in the other ways in which people work it, each step of it to be rounded."""
        return ()

    def asides(
        self, index: tuple[int, ...], names: Sequence[str], args: Sequence[Operand]
    ) -> Iterable[tuple[str, list[float]]]:
        """Name numbers that stand in one cell on paper, having been worked out for its whole row."""
        return ()

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """How far rounding may have carried each cell, in units of its type's eps.

        ``value`` is the row, ``errors(i)`` says the same of an argument; None where it is exact. By
        default every cell is right to its last digits.
        """
        return np.abs(value)

    def shape(self, *args: Shape) -> Shape:
        """Return the row's shape in letters, from those of its arguments."""
        *read, made = self.axes.replace("->", "").split()
        letters: dict[str, str] = {}
        heads: Shape = ()
        for axes, shape in zip(read, args, strict=False):
            if axes.startswith("*"):
                heads = heads or shape[: len(shape) - len(axes) + 1]
                letters["h"] = heads[0] if heads else "1"
            for axis, letter in zip(reversed(axes), reversed(shape), strict=False):
                letters.setdefault(axis, letter)
        own = tuple(letters[axis] for axis in made.strip("*."))
        return (*heads, *own) if made.startswith("*") else own

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - shapes in numbers, and numbers
        """Whether shapes and numbers are as ``axes`` cannot say: an even width, a divisor."""
        return True

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """Apply the chain rule: the row is ``y``, the gradient that arrives at it is ``dy``."""
        return ()


class LinearOp(Op):
    """Sums of products: linear in each argument by itself. Where its terms cancel, rounding is left."""

    def total(self, *sizes: Any) -> Array:  # noqa: ANN401 - as for value
        """Add up the terms of each cell, whose signs are all +."""
        return self.value(*sizes)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the terms of a cell come to without their signs; the arguments' errors add up at random."""
        sizes = [np.abs(arg) if isinstance(arg, np.ndarray | float) else arg for arg in args]
        squares = [size**2 if isinstance(size, np.ndarray | float) else size for size in sizes]
        total = self.total(*sizes)
        carried = [
            self.total(*squares[:i], error**2, *squares[i + 1 :])
            for i in range(len(args))
            if (error := errors(i)) is not None
        ]
        return np.hypot(total, np.sqrt(sum(carried))) if carried else total
