"""An operation by itself: its cells one by one, its gradients, and slopes to hold them against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.ops.expression import Cell, Number, value_of
from attncli.page.page import Row

if TYPE_CHECKING:
    from attncli.ops.expression import Expression
    from attncli.ops.op import Op

STEP = 1e-4


class Stands:
    """What goes into a cell: a matrix, a number or a mask."""

    def __init__(self, value: Any, symbol: str = "A") -> None:
        self.value, self.symbol = value, symbol

    def at(self, *index: int) -> Expression:
        if isinstance(self.value, np.ndarray):
            assert all(i >= 0 for i in index)
            return Cell(self.symbol, index, float(self.value[index]))
        return Number(float(self.value))


def every_cell(op: Op, *values: Any, on_paper: bool = False) -> np.ndarray:
    """Work a row out cell by cell, each from its arithmetic as it is written."""
    operands = [Stands(value, f"A{i}") for i, value in enumerate(values)]
    cell = op.cell_on_paper if on_paper else op.cell
    found = np.empty(op.value(*values).shape)
    for index in np.ndindex(found.shape):
        found[index] = value_of(cell(index, *operands))
    return found


def slopes(op: Op, dy: np.ndarray, i: int, *values: Any) -> np.ndarray:
    """Differences of Σ dy∘op by one argument; −∞ in op or argument counts for nothing."""
    found = np.zeros_like(values[i])
    for index in np.ndindex(found.shape):
        at = []
        for steps in (-2, -1, 1, 2):
            moved = values[i].copy()
            moved[index] += steps * STEP
            value = op.value(*values[:i], moved, *values[i + 1 :])
            at.append((dy * np.where(np.isfinite(value), value, 0)).sum())
        found[index] = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * STEP)
    return found


def gradient(op: Op, dy: np.ndarray, i: int, *values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of one argument, by what the op says that it is: whole, and cell by cell."""
    names = [f"a{j}" for j in range(len(values))]
    known = {**dict(zip(names, values, strict=True)), "y": op.value(*values), "dy": dy}
    (path,) = [path for path in op.gradients("y", "dy", *names) if path.of == names[i]]
    operands = Row("d", path.op, path.args).operands(known)
    return path.op.value(*operands), every_cell(path.op, *operands)
