"""The page's gradients against the slope of the loss: a second way to find them, with no chain rule.

Move one number x by a small step to either side, work out again everything that comes after it, and
see how the loss answers: (L(x + step) − L(x − step)) / (2·step) is ∂L/∂x, nearly. A reading of the
page: the moved quantity is given, and only the rows behind it are evaluated.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli import calculation
from attncli.errors import AttnError
from attncli.language import _
from attncli.page.attention import COUNTS
from attncli.page.page import Page
from attncli.report import did_you_mean
from attncli.result import SCHEMA, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from attncli.page.page import Row
    from attncli.problem.problem import Problem
    from attncli.result import Result


STEP, TOLERANCE = 1e-5, 1e-6
MOST_CELLS = 10_000  # each is moved twice
MOST_WORK = 4e8  # numbers worked out anew in all; a larger page is sampled more thinly
ROUNDING = 4 * np.finfo(np.float64).eps  # the share of a number that is lost on its way into L
NEAREST_TO_ONE = 1e-8  # 1 − P has too few digits left above it
SHARE_OF_P = 1e-4  # P moves by this part of its distance from 0 and 1, where the step is longer


@dataclass(frozen=True)
class RowCheck:
    """One gradient row held against slopes: how many cells were moved, and the one most off."""

    gradient: Row
    cells: int
    total: int
    allowed: float
    difference: float = 0.0
    index: tuple[int, ...] = ()
    page: float = 0.0
    slope: float = 0.0

    @property
    def symbol(self) -> str:
        """The gradient."""
        return self.gradient.symbol

    @property
    def moved(self) -> str:
        """What was moved: a quantity, or one way in which it is used, "X into Q"."""
        of, via = self.gradient.of, self.gradient.via
        return f"{of} into {via}" if via else of

    @property
    def agrees(self) -> bool:
        """Whether the largest difference is within what is allowed; NaN is not."""
        return self.difference <= self.allowed


@dataclass(frozen=True)
class GradCheck:
    """All the rows that were checked, and how."""

    result: Result
    step: float
    tolerance: float
    rows: tuple[RowCheck, ...]

    @property
    def agrees(self) -> bool:
        """Whether every gradient is the slope of the loss."""
        return all(row.agrees for row in self.rows)

    @property
    def sampled(self) -> bool:
        """Whether some cells were left out because there are too many."""
        return any(row.cells < row.total for row in self.rows)


def gradcheck(
    problem: Problem,
    *,
    loss: str | None = None,
    reduction: str | None = None,
    only: Collection[str] | None = None,
    step: float = STEP,
    tolerance: float = TOLERANCE,
) -> GradCheck:
    """Check every gradient of the page, or those of ``only``, against differences of the loss.

    They agree where they differ by at most ``tolerance`` times the row's largest number, and what
    rounding in L makes of a difference this small. Raises AttnError as
    :func:`attncli.calculation.backward` does, and where ``only`` names no gradient.
    """
    result = calculation.backward(problem, loss=loss, reduction=reduction)
    gradients = {row.symbol: row for row in result.rows if row.backward}
    for name in only or ():
        if name not in gradients:
            raise AttnError(
                _("{name!r} is not a gradient of this page", name=name[:40]),
                hint=did_you_mean(
                    name, gradients, _("its gradients are {names}", names=", ".join(gradients))
                ),
            )
    slopes = [Slope(result, row, step) for symbol, row in gradients.items() if only is None or symbol in only]
    places = [slope.places() for slope in slopes]
    numbers = sum(result[row.symbol].size for row in result.rows if not row.backward)
    affordable = int(min(MOST_CELLS, MOST_WORK / (2 * numbers)))  # on a large page, each cell takes longer
    most = share(list(map(len, places)), affordable)
    noise = rounding(result, step)
    rows = [
        check_row(slope, sample(slope.gradient.symbol, cells, most), len(cells), tolerance, noise)
        for slope, cells in zip(slopes, places, strict=True)
    ]
    return GradCheck(result, step, tolerance, tuple(rows))


def check_row(slope: Slope, cells: NDArray[np.intp], total: int, tolerance: float, noise: float) -> RowCheck:
    """Move the cells one by one, and hold each slope against the gradient on the page."""
    indices = [tuple(index) for index in cells.tolist()]
    slopes = np.array([slope.at(index) for index in indices])
    page = np.array([slope.right[index] for index in indices])
    largest = max(np.abs(page).max(initial=0.0), np.abs(slopes).max(initial=0.0))
    checked = RowCheck(slope.gradient, len(indices), total, float(tolerance * largest + noise))
    if not indices:
        return checked
    for i in np.flatnonzero(np.abs(page - slopes) > checked.allowed):
        least, most = sorted(slope.sides(indices[i], 1))
        closer = abs(np.subtract(*slope.sides(indices[i], CLOSER)))
        if closer > max(checked.allowed, (most - least) / 2):  # a corner, as relu has at 0: both are slopes
            slopes[i] = np.clip(page[i], least, most)
    off = np.abs(page - slopes)
    worst = int(np.where(np.isnan(off), np.inf, off).argmax())
    return replace(
        checked,
        difference=float(off[worst]),
        index=indices[worst],
        page=float(page[worst]),
        slope=float(slopes[worst]),
    )


def rounding(result: Result, step: float) -> float:
    """Return how much of a slope may be rounding alone.

    L is right to about its last digit, and less where large scores went through softmax on their way
    into the output, cell by cell; the difference of two such L is divided by the step.
    """
    scores = [np.abs(result[symbol]) for symbol in ("S", "Z", "M") if symbol in result.values]
    largest = max((float(values[np.isfinite(values)].max(initial=1.0)) for values in scores), default=1.0)
    output = result.problem.form.output
    cells = float(np.linalg.norm(result[f"d{output}"] * result[output]))
    return float(ROUNDING * (abs(float(result["L"])) + cells * largest) / step)


def share(sizes: Sequence[int], cells: int) -> int:
    """Return how many cells each row may have, at most, so that all have no more than so many together.

    Small rows are checked whole, and what they leave goes to the large ones; every row gets one.
    """
    left = cells
    for i, size in enumerate(sorted(sizes)):
        each = left // (len(sizes) - i)
        if size > each:
            return max(1, each)
        left -= size
    return max(sizes, default=1)


def sample(symbol: str, cells: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Choose so many cells of a row at random, with a fixed seed; keep their order."""
    if len(cells) <= most:
        return cells
    draw = np.random.RandomState([0, zlib.crc32(symbol.encode())])
    return cells[np.sort(draw.permutation(len(cells))[:most])]


def record(check: GradCheck) -> dict[str, Any]:
    """Return what ``gradcheck --json`` prints."""
    result = check.result
    return {
        "schema": SCHEMA,
        "config": result.problem.name,
        "loss": result.loss and {"name": result.loss.name, "reduction": result.loss.reduction},
        "step": check.step,
        "tolerance": check.tolerance,
        "agrees": check.agrees,
        "rows": [
            {
                "symbol": row.symbol,
                "moved": row.moved,
                "cells": row.cells,
                "of": row.total,
                "difference": plain(np.asarray(row.difference)),
                "allowed": row.allowed,
                "agrees": row.agrees,
                "cell": result.cell_name(row.symbol, row.index),
                "index": list(row.index),
                "page": plain(np.asarray(row.page)),
                "slope": plain(np.asarray(row.slope)),
            }
            for row in check.rows
        ],
    }


CLOSER = 8.0  # where a slope only bends, those of its two sides come so much closer with the step


class Slope:
    """The loss as a function of one quantity, or of one way in which it is used: ``dX_Q``."""

    def __init__(self, result: Result, gradient: Row, step: float) -> None:
        self.gradient, self.of, self.step = gradient, gradient.of, step
        self.right = result[gradient.symbol]
        self.value = result[self.of]
        self.name = f"{self.of} moved"
        forward = [row for row in result.page.rows if not row.backward]
        ways = [row for row in result.page.rows if row.via and (row.of, row.via) == (self.of, gradient.via)]
        only = ways.index(gradient) if len(ways) > 1 else None  # a row may read the same twice: X·Xᵀ
        moving = [
            through(row, self.of, self.name, only) if gradient.via in {"", row.symbol} else row
            for row in forward
        ]
        self.page = behind(self.name, moving)
        self.given: dict[str, Any] = {**result.given, **result.values}
        self.count = next((result.constants[count] for count in COUNTS if count in result.constants), 1.0)
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
        return (self.loss_at(index, up) - self.loss_at(index, down)) / (up - down)

    def sides(self, index: tuple[int, ...], closer: float) -> tuple[float, float]:
        """Return the slopes of the loss below and above one cell's number; those of P are one.

        ``closer``: with a step so many times smaller.
        """
        if self.of == "P":
            return (self.at(index),) * 2
        x = float(self.value[index])
        up, down = x + self.step / closer, x - self.step / closer
        here = self.loss_at(index, x)
        return (here - self.loss_at(index, down)) / (x - down), (self.loss_at(index, up) - here) / (up - x)

    def loss_at(self, index: tuple[int, ...], number: float) -> float:
        """Return the loss with another number in one cell."""
        moved = self.value.copy()
        moved[index] = number
        return float(self.page.evaluate({**self.given, self.name: moved}, "L".__eq__)["L"])

    def loss_of_p(self, index: tuple[int, ...], p: float) -> float:
        """Return the term of L that one probability has, by the loss's definition.

        The page works L out from O, so that a saturated P does no harm; moving P would not move it.
        """
        y = float(self.given["Y"][index])
        if np.isnan(y):  # a row of the target that does not count
            return 0.0
        term = -y * np.log(p) - ((1 - y) * np.log(1 - p) if self.binary else 0.0)
        return float(term / self.count)


def through(row: Row, of: str, name: str, only: int | None) -> Row:
    """Let one row read a quantity under another name, so that it moves for this row alone.

    ``only``: in one of the places where it is read, counted from 0.
    """
    places = [i for i, (read, _transposed) in enumerate(row.reads) if read == of]
    moving = places if only is None else places[only : only + 1]
    args = [arg.replace(of, name, 1) if i in moving else arg for i, arg in enumerate(row.args)]
    return replace(row, args=tuple(args))


def behind(name: str, rows: Sequence[Row]) -> Page:
    """Return the rows that change with a quantity, which is itself given, as far as L."""
    moving, kept = {name}, []
    for row in rows:
        if not moving.isdisjoint(symbol for symbol, _ in row.reads):
            moving.add(row.symbol)
            kept.append(row)
    return Page(tuple(kept)).needed_for(["L"])
