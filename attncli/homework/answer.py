"""One answer of a sheet: the numbers that a student wrote, and how they wrote them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.language import _
from attncli.page.lying import MATRIX, turn
from attncli.problem.loose import BLANKS, MAX_DECIMALS, MAX_TEXT, loose_number
from attncli.problem.pasted import MAX_PASTED, Budget, expand, flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from attncli.ops.op import Array


MAX_SHOWN = 40  # characters of a cell that are kept
_SIMPLE = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")
_PLAIN = 300  # characters: a number without exponent that is no longer is not beyond float64
_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_LITERALS = {None: "null", True: "true", False: "false"}


@dataclass(frozen=True, eq=False)
class Answer:
    """What stands under one symbol of a sheet.

    ``texts`` are the cells as written, row after row; ``values`` (float64, of the answer's shape)
    has NaN where a cell is ``blank`` or ``unreadable``, and −inf where that was written.
    ``decimals`` is the most that a cell of it shows (``1e-3`` shows three, ``1/3`` as many as there are:
    it is ``exact``). ``fault``: why it is no number, vector or matrix at all; then it has no values.
    ``plain``: every cell is a finite decimal, none blank, unreadable or exact. ``spread``: how far what was
    meant may lie from a cell, where its own text tells (0 of ``1/3``, more of ``244.69/504.14``), and NaN
    where the row's decimals do; None where they do everywhere. ``precision``: the relative one of the
    floating-point array that the answer came as; None where it came as text. ``note``: in which form it was
    handed in, where that is not the page's; ``pasted``: the text, where all of it was pasted as one.
    """

    texts: tuple[str, ...]
    values: Array
    blank: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    decimals: int
    fault: str = field(default="")
    plain: bool = field(default=False)
    spread: Array | None = field(default=None)
    precision: float | None = field(default=None)
    note: str = field(default="")
    pasted: str = field(default="", repr=False)


def turned(answer: Answer) -> Answer:
    """Lay an answer's matrix, or those of its heads, on its side."""
    shape = answer.values.shape
    if len(shape) < MATRIX:
        return answer
    texts = turn(np.array(answer.texts, object).reshape(shape)).ravel()
    masks = {name: turn(getattr(answer, name)) for name in ("blank", "unreadable", "exact", "spread")}
    values = np.ascontiguousarray(turn(answer.values))  # in whose order sums add up
    return replace(answer, texts=tuple(texts.tolist()), values=values, **masks)


def read_answer(tree: Any, budget: Budget | None = None) -> Answer | None:  # noqa: ANN401 - a text, or lists of them
    """Read a text, or nested lists of texts; None is a blank cell, a mapping has no place in it.

    A text may be a whole matrix. Returns None where nothing was answered: a lone blank, or lists without
    any cell.
    """
    try:
        shape, cells = flatten(tree)
        answer = read_plain(cells, shape) if cells else None
        if answer is None and (whole := expand(tree, budget or Budget(MAX_PASTED))) is not tree:
            shape, cells = flatten(whole)
            answer = read_plain(cells, shape) or read_cells(cells, shape)
            answer = replace(answer, pasted=tree if isinstance(tree, str) else "")
        if not cells:
            return None
        answer = answer or read_cells(cells, shape)
    except ValueError as fault:
        return unread(str(fault))
    return None if not shape and answer.blank else answer


def unread(fault: str) -> Answer:
    """Return an answer of which nothing could be read."""
    nothing = none_of((0,))
    return Answer((), np.empty(0), nothing, nothing, nothing, 0, fault)


def read_array(array: NDArray[np.floating[Any]]) -> Answer | None:
    """Read an array of floating-point numbers: each as the shortest text that tells it in its precision."""
    texts = np.array([str(number) for number in array.ravel()], object).reshape(array.shape).tolist()
    answer = read_answer(texts)
    return answer and replace(answer, precision=float(np.finfo(array.dtype).eps))


def read_plain(cells: Sequence[Any], shape: tuple[int, ...]) -> Answer | None:
    """Read cells that are all finite decimals, as nearly all are, in a few passes; None where one is not."""
    try:
        longest = max(map(len, cells))
        if longest > _PLAIN:
            return None
        text = "\n".join(cells).encode()
        odd = text.translate(None, b"0123456789.+-\n")
        if odd.strip(b"eE"):
            return None
        values = np.fromiter(map(float, cells), np.float64, len(cells)).reshape(shape)
    except (TypeError, ValueError):
        return None
    if odd and not np.isfinite(values).all():
        return None
    nothing = none_of(shape)
    decimals = max(map(plain_decimals, cells)) if odd else most_decimals(text)
    texts = tuple(cells if longest <= MAX_SHOWN else map(shown, cells))
    return Answer(texts, values, nothing, nothing, nothing, decimals, plain=True)


def plain_decimals(text: str) -> int:
    """Count the decimals of a number that float reads."""
    mantissa, _e, exponent = text.lower().partition("e")
    shown = len(mantissa.partition(".")[2].rstrip()) - int(exponent or 0)
    return min(max(shown, 0), MAX_DECIMALS)


def most_decimals(text: bytes) -> int:
    """Count the most decimals of numbers without exponents, one a line."""
    digits = text.translate(_ALIKE) + b"\n"
    most, point = 0, digits.find(b".")
    while point >= 0:
        most = digits.index(b"\n", point) - point - 1
        point = digits.find(b"." + b"0" * (most + 1), point)
    return most


def all_show(texts: Sequence[str], decimals: int) -> bool:
    """Whether all of these plain numbers show so many decimals; none does that has an exponent."""
    lines = "\n".join([*texts, ""]).encode()
    ends = lines.translate(_ALIKE).count(b"." + b"0" * decimals + b"\n")
    return ends == (len(texts) if decimals else lines.count(b".")) and b"e" not in lines.lower()


@lru_cache(maxsize=256)
def none_of(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask that holds for no cell; all answers of a shape share it."""
    mask = np.zeros(shape, bool)
    mask.setflags(write=False)
    return mask


def read_cells(cells: Sequence[Any], shape: tuple[int, ...]) -> Answer:
    """Read cells of any kind, one by one; raises ValueError where one is a list or a mapping."""
    texts: list[str] = []
    values = [math.nan] * len(cells)
    blank, unreadable, own, decimals = list[int](), list[int](), dict[int, float](), 0
    for i, cell in enumerate(cells):
        text = as_text(cell)
        if _SIMPLE.fullmatch(text):
            values[i] = float(text)
            decimals = max(decimals, len(text.partition(".")[2]))
        elif (number := loose_number(text)) is not None:
            values[i] = number.value
            if number.goes_by_row:
                decimals = max(decimals, number.decimals)
            else:
                own[i] = number.spread
        else:
            (blank if len(text) <= MAX_TEXT and text.strip() in BLANKS else unreadable).append(i)
        texts.append(shown(text))
    spread = None
    if own:
        spread = np.full(len(cells), math.nan)
        spread[list(own)] = list(own.values())
        spread = spread.reshape(shape)
    exact = none_of(shape) if spread is None else spread == 0
    numbers = np.array(values, np.float64).reshape(shape)
    bare, odd = mask_of(blank, shape), mask_of(unreadable, shape)
    return Answer(tuple(texts), numbers, bare, odd, exact, decimals, spread=spread)


def mask_of(places: list[int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask that holds for some cells, counted row after row."""
    mask = np.zeros(math.prod(shape), bool)
    mask[places] = True
    return mask.reshape(shape)


def shown(text: str) -> str:
    """Return a cell's text, or as much of it as anybody wants to read."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def as_text(cell: Any) -> str:  # noqa: ANN401
    """Return the text of a cell; raises ValueError where it is a list or a mapping."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list):
        raise ValueError(_("some of its rows are lists and some are not"))  # noqa: TRY004 - a wrong value, too
    if isinstance(cell, dict):
        raise ValueError(_("a mapping stands where a number belongs"))  # noqa: TRY004
    return _LITERALS[cell]


def decimals_of(text: str) -> int:
    """Count the decimals that a number shows: 0.50 two, 1e-3 three, −∞ none."""
    number = loose_number(text)
    return number.decimals if number is not None and number.goes_by_row else 0
