"""A given that was copied wrongly in one cell: every row that uses it follows from the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.homework.slips import CLEAR, cell_text
from attncli.homework.tolerance import slack
from attncli.language import _
from attncli.page.lazy import LazyPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.homework.answer import Answer
    from attncli.homework.follow_through import FollowThrough
    from attncli.homework.tolerance import Judge
    from attncli.ops.op import Array


ENOUGH = 2  # cells, or rows, that one wrong number must explain
MOST_CELLS = 400  # of a given that is looked through
MOST_DECIMALS = 6


class Copied(NamedTuple):
    """A given with one cell copied wrongly, and what to tell a teacher of it."""

    symbol: str
    value: Array
    text: str


def find_copied(student: FollowThrough, judge: Judge, symbol: str) -> Copied | None:
    """Find the one number of a given which, copied wrongly, makes a wrong row right.

    It must explain several cells of the row, or another row that uses the given as well.
    """
    key, answer = student.key, student.answers[symbol]
    row, right = student.own.rows[symbol], student.own.tried(student.own.rows[symbol])
    if right is None or right.shape != answer.values.shape or (answer.blank | answer.unreadable).any():
        return None
    givens = dict.fromkeys(name for name, _transposed in row.reads if name in key.setting.givens)
    for given in givens:
        right_given = key.setting.givens[given]
        if right_given.size <= MOST_CELLS:
            for index, changed in copies(student, judge, symbol, given, right):
                cells = np.count_nonzero(
                    np.abs(answer.values - right) > judge.width(answer, right) + slack(right)
                )
                if cells >= ENOUGH or explains_elsewhere(student, judge, symbol, given, changed):
                    place = cell_text(int(np.ravel_multi_index(index, changed.shape)), changed.shape)
                    number = f"{changed[index]:g}"
                    return Copied(
                        given,
                        changed,
                        _("{number} in {symbol}: {place}", number=number, symbol=given, place=place),
                    )
    return None


def copies(
    student: FollowThrough, judge: Judge, symbol: str, given: str, right: Array
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield every copy of a given, one number of it other, from which a row is what was answered.

    A row is linear in each of its givens: how much one cell adds to it tells what must have stood there.
    """
    answer, value = student.answers[symbol], student.key.setting.givens[given]
    row, width = student.own.rows[symbol], judge.width(student.answers[symbol], right) + slack(right)
    missing = answer.values - right
    off = np.abs(missing) > width
    if not np.isfinite(missing).all():
        return
    for index in np.ndindex(value.shape):
        effect = with_copy(student, given, index, value, 1.0).tried(row)
        if effect is None:
            continue
        effect = effect - right
        if (off & (effect == 0)).any():
            continue
        at = np.unravel_index(int(np.abs(effect).argmax()), effect.shape)
        change = missing[at] / effect[at]
        room = np.broadcast_to(width, right.shape)[at] / abs(effect[at])
        number = plainest(float(value[index] + change), float(room), value)
        if number is None or abs(number - value[index]) < CLEAR * room:
            continue
        page = with_copy(student, given, index, value, number - value[index])
        if judge.agrees(answer, page.tried(row)):
            yield index, page[given]


def with_copy(
    student: FollowThrough, given: str, index: tuple[int, ...], value: Array, change: Any
) -> LazyPage:
    """Return the student's page with one number of a given changed."""
    changed = value.copy()
    changed[index] += change
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


def explains_elsewhere(student: FollowThrough, judge: Judge, symbol: str, given: str, changed: Array) -> bool:
    """Whether another answer that reads the given agrees with the copy, and not with the given itself."""
    right = LazyPage(student.key.page, {**student.key.given, **written(student)}, student.rows)
    wrong = LazyPage(student.key.page, {**right, given: changed}, student.rows)
    return any(
        fits(judge, student.answers[name], wrong, name)
        and not fits(judge, student.answers[name], right, name)
        for name, row in student.key.page.row.items()
        if name != symbol and name in student.answers and given in {read for read, _transposed in row.reads}
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
