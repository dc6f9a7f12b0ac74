"""A student's own matrix, as it was written: the cells that are not right carry a sign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _, plural
from attncli.result import letters_of
from attncli.show.matrix import ACROSS, DOWN, HEADED, View, flush
from attncli.show.numbers import aligned
from attncli.show.page import SYMBOL, Cell, Screen
from attncli.show.terminal import Text, label
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.homework.answer import Answer
    from attncli.homework.marks import RowMark
    from attncli.problem.problem import Problem
    from attncli.show.matrix import Looks


RIGHT, WRONG, UNREADABLE = " ", "✗", "?"
WRONG_ASCII = "!"
BLANK = "~"
MOST_HEADS = 8
RED = "bold red"


class Answers(Screen):
    """Renders what students wrote."""

    def title(self, mark: RowMark, sign: str, *, formula: bool) -> Iterator[str]:
        """Name the row, with its formula where that may be told."""
        rest = mark.formula.removeprefix(mark.symbol) if formula else ""
        fit = self.terminal.fit
        line = Text(f"{fit(sign)} ", RED).append(fit(label(mark.symbol)), SYMBOL).append(fit(rest), "bold")
        yield from self.text([line])

    def answer(self, mark: RowMark, problem: Problem) -> Iterator[Text | str]:
        """Lay out the matrix, or of one with heads those in which something is not right."""
        if mark.answer is None or mark.answer.values.ndim == 0 or not mark.answer.values.size:
            return
        axes = mark.answer.values.ndim
        shape = mark.answer.values.shape
        rows, columns = labels(mark, problem)
        grid = np.arange(mark.answer.values.size).reshape(-1, *((1, *shape)[-2:]))
        signs = signs_of(mark)
        wrong = [h for h, places in enumerate(grid) if (signs[places] != RIGHT).any()] or [*range(len(grid))]
        chosen = wrong if self.looks.full else wrong[:MOST_HEADS]
        views = [answer_view(mark.answer, grid[h], signs, (rows, columns), self.looks) for h in chosen]
        if axes < HEADED:
            yield from self.blocks(views[0])
        else:
            yield from self.side_by_side([_("head {number}", number=h + 1) for h in chosen], views)
        more = len(wrong) - len(chosen)
        if more:
            yield Text(
                plural("and {n} more head; --full shows all", "and {n} more heads; --full shows all", more),
                "dim",
            )
        if views[0].hidden:
            yield Text(views[0].hidden, "dim")

    def shows_all(self, mark: RowMark) -> bool:
        """Whether every wrong cell of a row can be seen in its matrix."""
        shape = mark.answer.values.shape if mark.answer else ()
        whole = all(len(self.looks.places(size)) == size for size in shape[-2:])
        return bool(shape) and whole and (self.looks.full or math.prod(shape[:-2]) <= MOST_HEADS)

    def cell(self, view: View, i: int, j: int, before: str) -> Cell:
        """Write one number; one that carries a sign stands out."""
        text = view.cells[i][j]
        signed = text.lstrip()[:1] in {WRONG, WRONG_ASCII, UNREADABLE}
        return Cell(before + text, RED) if signed else Cell(before + text)


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
    places: np.ndarray[tuple[int, int], np.dtype[np.int_]],
    signs: np.ndarray[tuple[int], np.dtype[np.str_]],
    labels: tuple[tuple[str, ...] | None, tuple[str, ...] | None],
    looks: Looks,
) -> View:
    """Write out a matrix of texts; ``places`` is where each of its cells stands in the whole answer."""
    n, m = places.shape
    down, across = looks.places(n), looks.places(m)
    names = looks.names(labels[1], across, ACROSS)
    columns = []
    for name, j in zip(names, across, strict=True):
        if j < 0:
            columns.append(flush([name, *(looks.cell(ACROSS) for _i in down)]))
            continue
        texts = [looks.cell(DOWN) if i < 0 else shown(answer, int(places[i, j]), looks) for i in down]
        marks = [RIGHT if i < 0 else str(signs[places[i, j]]) for i in down]
        columns.append(flush([name, *signed(aligned(texts), marks, ascii_only=looks.terminal.ascii_only)]))
    header, *body = [list(line) for line in zip(*columns, strict=True)]
    whole = len(down) == n and len(across) == m
    return View(
        rows=flush(looks.names(labels[0], down), left=True),
        columns=header,
        cells=body,
        hidden="" if whole else looks.cell(_("the corners of {n} × {m}; --full shows all", n=n, m=m)),
    )


def shown(answer: Answer, place: int, looks: Looks) -> str:
    """Write a cell as the student did; what is no number may be long, and is cut."""
    text = answer.texts[place]
    if answer.blank.flat[place]:
        return BLANK
    if answer.unreadable.flat[place]:
        return label(text, ascii_only=looks.terminal.ascii_only, room=looks.room)
    return looks.terminal.fit(sanitize(text.strip()))


def signed(texts: Sequence[str], signs: Sequence[str], *, ascii_only: bool) -> list[str]:
    """Put each sign right before its number, which makes the column one wider."""
    found = []
    for text, sign in zip(texts, signs, strict=True):
        number = text.lstrip(" ")
        mark = WRONG_ASCII if ascii_only and sign == WRONG else sign
        found.append(" " * (len(text) - len(number)) + mark + number)
    return found
