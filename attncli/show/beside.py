"""A quantity that somebody's code computed, beside the right one: its wrong numbers carry a sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.console import RenderableType

from attncli.show.answers import WRONG, WRONG_STYLE
from attncli.show.matrix import View, flush, with_sign
from attncli.show.numbers import SIGNS, columns, needs_exponent
from attncli.show.page import side_by_side, view_panel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.code.report import Example
    from attncli.ops.op import Array
    from attncli.show.display import Display

NUMBERS = {**SIGNS, "nan": "NaN"}  # NaN is none that was left out, but what the code computed


def beside(example: Example, symbol: str, display: Display) -> Iterator[RenderableType]:
    """Yield the code's numbers beside the right ones; of a quantity with heads, those of a wrong one."""
    shown = display._replace(decimals=example.decimals(symbol), full=True)
    sides = example.sides(symbol)
    panels = [view_panel(title, side(values, off, shown), shown) for title, values, off in sides]
    yield from side_by_side(panels, display.width)


def side(values: Array, signs: NDArray[np.bool_], display: Display) -> View:
    """Write one matrix out, with a sign at each number that is wrong."""
    values = values.astype(np.float64)
    names = [str(j + 1) for j in range(values.shape[1])]
    room = np.isnan(values).any(axis=0) * len(NUMBERS["nan"])
    cells = columns(
        values,
        display.decimals,
        scientific=needs_exponent(values, display.decimals),
        sign=lambda text: display.fit(NUMBERS.get(text, text)),
        least=np.maximum(room, list(map(len, names))).tolist(),
    )
    marks = [[WRONG if bad else None for bad in line] for line in signs.tolist()]
    if signs.any():
        cells = [
            [with_sign(text, display.fit(mark) if mark else " ") for text, mark in zip(*line, strict=True)]
            for line in zip(cells, marks, strict=True)
        ]
    return View(
        rows=flush([str(i + 1) for i in range(len(values))], left=True),
        columns=[name.rjust(cell_len(text)) for name, text in zip(names, cells[0], strict=True)],
        cells=cells,
        styles=[[mark and WRONG_STYLE for mark in column] for column in zip(*marks, strict=True)],
    )
