"""An answer beside what is right, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.ops.op import Array

MATRIX = 2  # axes of a matrix; one more is a head
_SHOWN = 12


def close(written: Array, right: Array, near: Array) -> NDArray[np.bool_]:
    """Tell which cells are right: blank ones (NaN) are, and −∞ only where it belongs."""
    fits: NDArray[np.bool_] = np.isnan(written) | (written == right) | (np.abs(written - right) <= near)
    return fits


class Cell(NamedTuple):
    """One wrong cell: the number, what is right there, how near is near enough, and the text."""

    written: float
    right: float
    near: float
    text: str
    exact: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """An answer beside the right values and the half-width of the tolerance, all of one shape."""

    answer: Answer
    right: Array
    near: Array
    heads: bool
    required: int | None

    @cached_property
    def wrong(self) -> list[int]:
        """The cells that are wrong, counted row after row."""
        wrong: list[int] = np.flatnonzero(~close(self.answer.values, self.right, self.near)).tolist()
        return wrong

    def cells(self) -> Iterator[Cell]:
        """Tell what stands in the cells that are wrong, one by one."""
        texts, exact = self.answer.texts, self.answer.exact.ravel()
        written, right, near = self.answer.values.ravel(), self.right.ravel(), self.near.ravel()
        for i in self.wrong:
            yield Cell(float(written[i]), float(right[i]), float(near[i]), texts[i], bool(exact[i]))

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Where two numbers can be compared; nowhere if there is a −∞ too many or too few."""
        written = self.answer.values
        told = ~np.isnan(written)
        if (told & (np.isfinite(written) != np.isfinite(self.right))).any():
            return np.zeros(self.right.shape, bool)
        finite: NDArray[np.bool_] = told & np.isfinite(self.right)
        return finite

    @cached_property
    def numbers(self) -> tuple[Array, Array, Array]:
        """Written, right and near where two numbers can be compared, one after another."""
        return self.answer.values[self.finite], self.right[self.finite], self.near[self.finite]


def places(row: Comparison) -> str:
    """Name the cells that are wrong, the first of them if there are many."""
    named = [place(i, row.right.shape) for i in row.wrong[:_SHOWN]]
    return "; ".join(filter(None, named)) + ("; …" if len(row.wrong) > _SHOWN else "")


def place(cell: int, shape: tuple[int, ...]) -> str:
    """Name a cell by its head, row and column; a vector's by its number, and a scalar not at all."""
    if not shape:
        return ""
    numbers = [int(i) + 1 for i in np.unravel_index(cell, shape)]
    if len(numbers) < MATRIX:
        return _("number {i}", i=numbers[0])
    named = _("row {row}, column {column}", row=numbers[-2], column=numbers[-1])
    return _("head {head}: {what}", head=numbers[0], what=named) if len(numbers) > MATRIX else named
