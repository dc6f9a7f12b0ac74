"""One answer of a sheet: the numbers that a student wrote, and how they wrote them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.language import _
from attncli.problem.document import NULLS
from attncli.problem.numbers import MAX_AXES, as_number, minus_infinite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from attncli.ops.op import Array


BLANKS = NULLS | {"?"}
MAX_TEXT = 400  # characters of a number
MAX_SHOWN = 40  # characters of what is no number
MAX_DECIMALS = 323  # the last one of float64
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
    ``plain``: every cell is a finite decimal, none blank, unreadable or exact.
    """

    texts: tuple[str, ...]
    values: Array
    blank: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    decimals: int
    fault: str = field(default="")
    plain: bool = field(default=False)


def read_answer(tree: Any) -> Answer | None:  # noqa: ANN401 - a text, or lists of them
    """Read a text, or nested lists of texts; None is a blank cell, a mapping has no place in it.

    Returns None where nothing was answered: a lone blank, or lists without any cell.
    """
    try:
        shape, cells = flatten(tree)
        if not cells:
            return None
        answer = read_plain(cells, shape) or read_cells(cells, shape)
    except ValueError as fault:
        nothing = none_of((0,))
        return Answer((), np.empty(0), nothing, nothing, nothing, 0, str(fault))
    return None if not shape and answer.blank else answer


def flatten(tree: Any) -> tuple[tuple[int, ...], list[Any]]:  # noqa: ANN401
    """Return the shape of nested lists, and their cells; raises ValueError where they have no shape."""
    shape: list[int] = []
    level = [tree]
    while level and isinstance(level[0], list):
        if len(shape) == MAX_AXES:
            raise ValueError(_("it is nested more than {most} deep", most=MAX_AXES))
        if len(level) > 1:
            refuse_uneven(level, shape)
        shape.append(len(level[0]))
        level = list(chain.from_iterable(level)) if len(level) > 1 else level[0]
    return tuple(shape), level


def refuse_uneven(rows: list[Any], shape: Sequence[int]) -> None:
    """Raise ValueError where rows differ in length, or are no rows; ``shape`` is how they are counted."""
    if set(map(type, rows)) != {list}:
        raise ValueError(_("some of its rows are lists and some are not"))
    if len(set(map(len, rows))) == 1:
        return
    count = len(rows[0])
    at = next(i for i, row in enumerate(rows) if len(row) != count)
    place, first = (
        ",".join(str(int(part) + 1) for part in np.unravel_index(i, tuple(shape))) for i in (at, 0)
    )
    raise ValueError(
        _(
            "row {row} has {count} cells; row {first} has {wanted}",
            row=place,
            count=len(rows[at]),
            first=first,
            wanted=count,
        )
    )


def read_plain(cells: Sequence[Any], shape: tuple[int, ...]) -> Answer | None:
    """Read cells that are all finite decimals, as nearly all are, in a few passes; None where one is not."""
    try:
        if max(map(len, cells)) > _PLAIN:
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
    decimals = max(map(decimals_of, cells)) if odd else most_decimals(text)
    return Answer(tuple(cells), values, nothing, nothing, nothing, decimals, plain=True)


def most_decimals(text: bytes) -> int:
    """Count the most decimals of numbers without exponents, one a line."""
    digits = text.translate(_ALIKE) + b"\n"
    most, point = 0, digits.find(b".")
    while point >= 0:
        most = digits.index(b"\n", point) - point - 1
        point = digits.find(b"." + b"0" * (most + 1), point)
    return most


@lru_cache(maxsize=256)
def none_of(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask that holds for no cell; all answers of a shape share it."""
    mask = np.zeros(shape, bool)
    mask.setflags(write=False)
    return mask


def read_cells(cells: Sequence[Any], shape: tuple[int, ...]) -> Answer:
    """Read cells of any kind, one by one; raises ValueError where one is a list or a mapping."""
    texts: list[str] = []
    values, blank, unreadable, exact = np.full(len(cells), np.nan), *np.zeros((3, len(cells)), bool)
    decimals = 0
    for i, cell in enumerate(cells):
        text = as_text(cell)
        value = read_number(text)
        if value is not None:
            values[i] = value
            exact[i] = "/" in text or "⁄" in text
            decimals = max(decimals, 0 if exact[i] else decimals_of(text))
        elif len(text) <= MAX_TEXT and text.strip() in BLANKS:
            blank[i] = True
        else:
            unreadable[i] = True
            text = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
        texts.append(text)
    blank, unreadable, exact = (mask.reshape(shape) for mask in (blank, unreadable, exact))
    return Answer(tuple(texts), values.reshape(shape), blank, unreadable, exact, decimals)


def as_text(cell: Any) -> str:  # noqa: ANN401
    """Return the text of a cell; raises ValueError where it is a list or a mapping."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list):
        raise ValueError(_("some of its rows are lists and some are not"))  # noqa: TRY004 - a wrong value, too
    if isinstance(cell, dict):
        raise ValueError(_("a mapping stands where a number belongs"))  # noqa: TRY004
    return _LITERALS[cell]


def read_number(text: str) -> float | None:
    """Read a finite number or −∞; None where the text is neither."""
    number = as_number(text)
    if number is not None:
        return number if math.isfinite(number) else None
    return -math.inf if len(text) <= MAX_TEXT and minus_infinite(text) else None


def decimals_of(text: str) -> int:
    """Count the decimals that a number shows: 0.50 two, 1e-3 three, −∞ none."""
    mantissa, _e, exponent = text.strip().lower().replace("−", "-").partition("e")
    if not mantissa[-1].isdecimal() and mantissa[-1] != ".":
        return 0
    shown = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return min(max(shown, 0), MAX_DECIMALS)
