"""One operation on a page of its own: its numbers, its cells, and its gradients beside differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attncli.ops.expression import ASCII, spell, value_of
from attncli.ops.linear import COPY
from attncli.ops.loss import WEIGHTED
from attncli.ops.op import Op
from attncli.page.chain_rule import gradient_rows
from attncli.page.noise import Errors
from attncli.page.operands import operand
from attncli.page.page import Page, Row

STEP = 1e-4
NAMES = {"sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos}


def row_of(op: Op, *args: str) -> Row:
    """The row that is tried."""
    return Row("T", op, args)


def evaluated(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    """The row and its gradients, where the loss weights its cells with U."""
    forward = [row, Row("L", Weights(), ("U", "T"))]
    page = Page((*forward, *gradient_rows(forward)))
    value = row.compute(values)
    given = {"U": np.random.default_rng(5).normal(size=value.shape).astype(value.dtype), **values}
    return {**given, **page.evaluate(given), "rows": page.rows}


class Weights(type(WEIGHTED)):
    """The weighted sum, with heads as well."""

    def cell(self, *_):
        raise NotImplementedError


def check_cells(row: Row, values: Mapping[str, Any], *, rtol: float = 1e-13) -> None:
    """Every cell's arithmetic gives the number that stands there, in its ASCII form too."""
    value = values[row.symbol]
    args = [operand(values, {}, *read) for read in row.reads]
    scale = np.abs(value).max()
    for index in np.ndindex(value.shape):
        ways = (row.op.cell(index, *args), row.op.cell_on_paper(index, *args))
        for cell in (*ways, *row.op.cells_by_hand(index, *args)):
            assert abs(value_of(cell) - value[index]) <= rtol * scale, (row.formula, index)
            text = spell(cell, ASCII)
            assert abs(eval(text, {"__builtins__": {}}, NAMES) - value[index]) <= rtol * scale  # noqa: S307


def check_gradients(row: Row, values: Mapping[str, Any], *, atol: float = 1e-8) -> set[str]:
    """Every gradient is the slope of the weighted loss, and every cell of it is what it says."""
    all_values = evaluated(row, values)
    check_cells(row, all_values)
    forward = Page((row, Row("L", Weights(), ("U", "T"))))
    checked = set()
    for back in all_values["rows"][2:]:
        if back.op is COPY and back.of == "T":
            continue
        slopes = np.zeros_like(values[back.of])
        for index in np.ndindex(slopes.shape):
            at = []
            for steps in (-2, -1, 1, 2):
                moved = values[back.of].copy()
                moved[index] += steps * STEP
                at.append(float(forward.evaluate({**values, "U": all_values["U"], back.of: moved})["L"]))
            slopes[index] = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * STEP)
        found = all_values[back.symbol]
        assert found.shape == slopes.shape, back.formula
        assert np.abs(found - slopes).max() <= atol * max(1.0, np.abs(slopes).max()), back.formula
        check_cells(back, all_values, rtol=1e-12)
        checked.add(back.symbol)
    return checked


def shown(row: Row, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The row and its gradients as screens show them: 0 where a number is only rounding."""
    found = evaluated(row, values)
    rows = {one.symbol: one for one in found["rows"]}
    errors = Errors(rows, found)
    return {symbol: errors.without_noise(symbol, found[symbol]) for symbol in rows}
