"""A given that was copied wrongly in one cell: every row that uses it follows from the wrong one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.homework.slips import CLEAR, cell_text
from attncli.homework.tolerance import slack
from attncli.language import _
from attncli.page.lazy import LazyPage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.follow_through import FollowThrough
    from attncli.homework.tolerance import Judge
    from attncli.ops.op import Array


ENOUGH = 2  # cells, or rows, that one wrong number must explain
MOST_CELLS = 400  # of a given that is looked through
MOST_COPIES = 64  # that are compared
MOST_DECIMALS = 6
CLOSE = 1e-9


class Copied(NamedTuple):
    """A given with one cell copied wrongly, and what to tell a teacher of it."""

    symbol: str
    value: Array
    text: str


def find_copied(student: FollowThrough, judge: Judge, symbol: str) -> Copied | None:
    """Find the one number of a given which, copied wrongly, makes a wrong row right.

    It must explain several cells of the row, or another row that uses the given as well; of several numbers
    the one that explains most rows.
    """
    answer, row = student.answers[symbol], student.own.rows[symbol]
    right = student.own.tried(row)
    if right is None or right.shape != answer.values.shape or (answer.blank | answer.unreadable).any():
        return None
    off = np.abs(answer.values - right) > judge.width(answer, right) + slack(right)
    found: list[tuple[int, Copied]] = []
    for given in dict.fromkeys(name for name, _turned in row.reads if name in student.key.setting.givens):
        if student.key.setting.givens[given].size <= MOST_CELLS:
            fitting = islice(copies(student, judge, symbol, given, right, off), MOST_COPIES)
            found += [(explained(student, judge, symbol, copied), copied) for copied in fitting]
    elsewhere, likeliest = max(found, key=lambda one: one[0], default=(0, None))
    return likeliest if elsewhere or np.count_nonzero(off) >= ENOUGH else None


def copies(
    student: FollowThrough,
    judge: Judge,
    symbol: str,
    given: str,
    right: Array,
    off: NDArray[np.bool_],
) -> Iterator[Copied]:
    """Yield every copy of a given, one number of it other, from which a row is what was answered.

    No row is more than quadratic in one cell of a given: what one more and one less there do to it tells
    what must have stood there.
    """
    answer, value = student.answers[symbol], student.key.setting.givens[given]
    row = student.own.rows[symbol]
    width = np.broadcast_to(judge.width(answer, right) + slack(right), right.shape)
    missing = answer.values - right
    if not np.isfinite(missing).all():
        return
    for index in np.ndindex(value.shape):
        number = float(value[index])
        more, less = (with_copy(student, given, index, number + step).tried(row) for step in (1, -1))
        if more is None or less is None or (off & (more == right) & (less == right)).any():
            continue
        linear, square = (more - less) / 2, (more + less) / 2 - right
        at = np.unravel_index(int((np.abs(linear) + np.abs(square)).argmax()), right.shape)
        for change in changes(float(square[at]), float(linear[at]), float(missing[at])):
            room = float(width[at] / abs(linear[at] + 2 * change * square[at]))
            meant = plainest(number + change, room, value)
            if meant is not None and abs(meant - number) >= CLEAR * room:
                page = with_copy(student, given, index, meant)
                if judge.agrees(answer, page.tried(row)):
                    place = cell_text(int(np.ravel_multi_index(index, value.shape)), value.shape)
                    text = _("{number} in {symbol}: {place}", number=f"{meant:g}", symbol=given, place=place)
                    yield Copied(given, page[given], text)


def changes(square: float, linear: float, missing: float) -> list[float]:
    """Solve square·x² + linear·x = missing."""
    if abs(square) <= abs(linear) * CLOSE:
        return [missing / linear] if linear else []
    root = linear**2 + 4 * square * missing
    return [(-linear + sign * math.sqrt(root)) / (2 * square) for sign in (1, -1)] if root > 0 else []


def with_copy(student: FollowThrough, given: str, index: tuple[int, ...], number: float) -> LazyPage:
    """Return the student's page with another number in one cell of a given."""
    changed = student.key.setting.givens[given].copy()
    changed[index] = number
    return LazyPage(student.key.page, {**student.own, given: changed}, student.rows)


def plainest(number: float, room: float, given: Array) -> float | None:
    """Return the number that may be meant with the fewest decimals, no more than the given's, or None."""
    for decimals in range(MOST_DECIMALS + 1):
        rounded = round(number, decimals)
        if abs(rounded - number) <= room:
            return rounded
        if (np.abs(given - np.round(given, decimals)) < CLEAR * np.finfo(float).eps).all():
            return None
    return None


def explained(student: FollowThrough, judge: Judge, symbol: str, copied: Copied) -> int:
    """Count the other answers that agree with a copy of a given, and not with the given itself."""
    right = LazyPage(student.key.page, {**student.key.given, **written(student)}, student.rows)
    wrong = LazyPage(student.key.page, {**right, copied.symbol: copied.value}, student.rows)
    return sum(
        fits(judge, answer, wrong, name) and not fits(judge, answer, right, name)
        for name, answer in student.answers.items()
        if name != symbol and copied.symbol in {read for read, _turned in student.key.page.row[name].reads}
    )


def written(student: FollowThrough) -> dict[str, Array]:
    """Return all answers of the right shape, whether they are right or not."""
    values = student.key.values
    return {
        name: answer.values
        for name, answer in student.answers.items()
        if not answer.fault and answer.values.shape == values[name].shape
    }


def fits(judge: Judge, answer: Answer, page: LazyPage, symbol: str) -> bool:
    """Whether an answer agrees with a page."""
    return judge.agrees(answer, page.tried(page.rows[symbol]))
