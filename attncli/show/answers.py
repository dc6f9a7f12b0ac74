"""A student's own matrix, as it was written: the cells that are not right carry a sign."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from rich.console import RenderableType
from rich.style import Style

from attncli.language import _, plural
from attncli.names import MATRIX
from attncli.result import letters_of
from attncli.show.entry import symbol_style
from attncli.show.matrix import (
    ACROSS,
    DOWN,
    hidden,
    label,
    matrix_tables,
    names,
    places,
    text_view,
    with_sign,
)
from attncli.show.numbers import aligned
from attncli.show.page import head_panels, side_by_side
from attncli.show.terminal import Words
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from attncli.homework.answer import Answer
    from attncli.homework.marks import RowMark
    from attncli.problem.problem import Problem
    from attncli.show.display import Display
    from attncli.show.matrix import View

RIGHT, WRONG, UNREADABLE = " ", "✗", "?"
BLANK = "~"
MOST_HEADS = 8
RED = "bold red"
WRONG_STYLE = Style.parse(RED)


def title_of(mark: RowMark, sign: str, *, formula: bool) -> Words:
    """Name the quantity, with its formula where that may be told."""
    line = Words(f"{sign} ", RED).add(label(mark.symbol), symbol_style(mark.symbol))
    return line.add(mark.formula.removeprefix(mark.symbol), "bold") if formula else line


def answer_parts(mark: RowMark, problem: Problem, display: Display) -> Iterator[RenderableType]:
    """Lay out the matrix, or of one with heads those in which something is not right."""
    if mark.answer is None or mark.answer.values.ndim == 0 or not mark.answer.values.size:
        return
    shape = mark.answer.values.shape
    rows, columns = labels(mark, problem)
    grid = np.arange(mark.answer.values.size).reshape(-1, *((1, *shape)[-2:]))
    signs = signs_of(mark)
    wrong = [h for h, cells in enumerate(grid) if (signs[cells] != RIGHT).any()] or [*range(len(grid))]
    chosen = wrong if display.full else wrong[:MOST_HEADS]
    views = [answer_view(mark.answer, grid[h], signs, (rows, columns), display) for h in chosen]
    if len(shape) <= MATRIX:
        yield from matrix_tables(views[0], display)
    else:
        titles = [_("head {number}", number=h + 1) for h in chosen]
        yield from side_by_side(head_panels(titles, views, display), display.width)
    more = len(wrong) - len(chosen)
    if more:
        yield Words(
            plural("and {n} more head; --full shows all", "and {n} more heads; --full shows all", more), "dim"
        )
    if views[0].hidden:
        yield Words(views[0].hidden, "dim")


def shows_all(mark: RowMark, display: Display) -> bool:
    """Whether every wrong cell of a quantity can be seen in its matrix."""
    shape = mark.answer.values.shape if mark.answer else ()
    whole = all(len(places(size, display)) == size for size in shape[-2:])
    return bool(shape) and whole and (display.full or math.prod(shape[:-2]) <= MOST_HEADS)


def labels(mark: RowMark, problem: Problem) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return the tokens along the rows and the columns; none where the answer has another shape."""
    shape = mark.answer.values.shape if mark.answer else ()
    if mark.good is None or mark.good.shape != shape:
        return (("",) if len(shape) == 1 else None), None
    rows, columns = [("",), *map(problem.labels, letters_of(problem, mark.symbol))][-2:]
    return rows, columns


def signs_of(mark: RowMark) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Return each cell's sign, cell after cell; one that was left blank is not wrong."""
    if mark.answer is None:
        return np.empty(0, "U1")
    values = mark.answer.values
    signs = np.full(values.shape, RIGHT, "U1")
    if mark.good is not None and mark.good.shape == values.shape:
        signs[~mark.good & ~mark.answer.blank] = WRONG
    signs[mark.answer.unreadable] = UNREADABLE
    return signs.ravel()


def answer_view(
    answer: Answer,
    cells: np.ndarray[tuple[int, int], np.dtype[np.int_]],
    signs: np.ndarray[tuple[int], np.dtype[np.str_]],
    labels: tuple[tuple[str, ...] | None, tuple[str, ...] | None],
    display: Display,
) -> View:
    """Write out a matrix of texts; ``cells`` is where each of its cells stands in the whole answer."""
    n, m = cells.shape
    down, across = places(n, display), places(m, display)
    columns: list[list[str]] = []
    styles: list[list[Style | None]] = []
    for name, j in zip(names(labels[1], across, display, ACROSS), across, strict=True):
        if j < 0:
            columns.append([name, *(display.fit(ACROSS) for _i in down)])
            styles.append([None] * len(down))
            continue
        texts = [display.fit(DOWN) if i < 0 else cell_text(answer, int(cells[i, j]), display) for i in down]
        marks = [RIGHT if i < 0 else str(signs[cells[i, j]]) for i in down]
        numbers = map(with_sign, aligned(texts), map(display.fit, marks))
        columns.append([name, *numbers])
        styles.append([None if mark == RIGHT else WRONG_STYLE for mark in marks])
    corners = hidden(down, across, cells.shape, display)
    return text_view(names(labels[0], down, display), columns, corners, styles)


def cell_text(answer: Answer, place: int, display: Display) -> str:
    """Write a cell as the student did; what is no number may be long, and is cut."""
    text = answer.texts[place]
    if answer.blank.flat[place]:
        return BLANK
    if answer.unreadable.flat[place]:
        return label(text, ascii_only=display.ascii_only)
    return display.fit(sanitize(text.strip()))
