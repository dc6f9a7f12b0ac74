"""The loss as a function of one quantity of the page: how it answers where a single number moves.

A reading of the page: the moved quantity is given, and only the rows behind it are evaluated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from attncli.page import Row
    from attncli.result import Result

NEAREST_TO_ONE = 1e-8  # 1 − P has too few digits left above it
SHARE_OF_P = 1e-4  # P moves by this part of its distance from 0 and 1, where the step is longer


class Slope:
    """The loss as a function of one quantity, or of one way in which it is used: ``dX_Q``."""

    def __init__(self, result: Result, gradient: str, step: float) -> None:
        of, _, via = gradient.removeprefix("d").partition("_")
        self.gradient, self.of, self.via, self.step = gradient, of, via, step
        self.right = result[gradient]
        self.value = result[of]
        self.name = f"{of} into {via}" if via else of
        forward = [row for row in result.page.rows if not row.backward]
        self.page = behind(
            self.name, [through(row, of, self.name) if row.symbol == via else row for row in forward]
        )
        problem = result.problem
        self.given: dict[str, Any] = {"h": problem.form.heads, "mask": problem.mask}
        self.given |= {**result.values, **result.constants}
        self.binary = result.loss is not None and result.loss.name == "bce"

    def places(self) -> NDArray[np.intp]:
        """Return the cells that can be moved: a masked score is −∞ and stays so."""
        movable = np.isfinite(self.value)
        if self.of == "P":
            movable &= (self.value > 0) & (1 - self.value > NEAREST_TO_ONE)
        return np.argwhere(movable)

    def at(self, index: tuple[int, ...]) -> float:
        """Return the slope of the loss in one cell."""
        x = float(self.value[index])
        step = min(self.step, SHARE_OF_P * x, SHARE_OF_P * (1 - x)) if self.of == "P" else self.step
        up, down = x + step, x - step  # rounded: what lies between them is not quite twice the step
        if self.of == "P":
            return (self.loss_of_p(index, up) - self.loss_of_p(index, down)) / (up - down)
        moved = self.value.copy()
        losses = []
        for number in (up, down):
            moved[index] = number
            losses.append(float(self.page.evaluate({**self.given, self.name: moved}, "L".__eq__)["L"]))
        return (losses[0] - losses[1]) / (up - down)

    def loss_of_p(self, index: tuple[int, ...], p: float) -> float:
        """Return the term of L that one probability has, by the loss's definition.

        The page works L out from O, so that a saturated P does no harm; moving P would not move it.
        """
        y = float(self.given["Y"][index])
        if np.isnan(y):  # a row of the target that does not count
            return 0.0
        term = -y * np.log(p) - ((1 - y) * np.log(1 - p) if self.binary else 0.0)
        return float(term / self.given.get("N", 1.0))


def through(row: Row, of: str, name: str) -> Row:
    """Let one row read a quantity under another name, so that it moves for this row alone."""
    return replace(
        row,
        args=tuple(
            arg.replace(of, name, 1) if read == of else arg
            for arg, (read, _) in zip(row.args, row.reads, strict=True)
        ),
    )


def behind(name: str, rows: Sequence[Row]) -> Page:
    """Return the rows that change with a quantity, which is itself given, as far as L."""
    moving, kept = {name}, []
    for row in Page(tuple(rows)).without({name}).rows:
        if not moving.isdisjoint(symbol for symbol, _ in row.reads):
            moving.add(row.symbol)
            kept.append(row)
    return Page(tuple(kept)).needed_for(["L"])
