"""Marking a sheet: each row against the key, and against what follows from the student's earlier rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.follow_through import FollowThrough, fair, fill, fit
from attncli.homework.forms import matched
from attncli.homework.key import Key
from attncli.homework.marks import Mark, RowMark, Verdict
from attncli.homework.policy import Policy
from attncli.homework.recognise import Recogniser
from attncli.homework.row_marks import RowMarks
from attncli.homework.sheet import load_sheet
from attncli.homework.tolerance import agreeing, agrees, allowed, near, slack
from attncli.problem.problem import Problem
from attncli.problem.sources import load

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.recognise import Mistakes
    from attncli.homework.sheet import Sheet
    from attncli.ops.op import Array

    Cells = NDArray[np.bool_]

STANDARD = Policy()


def mark(sheet: Sheet, key: Key, policy: Policy = STANDARD) -> Mark:
    """Mark a sheet against a key.

    Rows are taken in the page's order. A row is right where it agrees with the key or follows from the
    student's own earlier rows; what follows only because one of these is wrong is follow-through.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # of differences between infinities, or nearly so
        return Marking(sheet, key, policy).mark()


class Marking:
    """One sheet on its way through the page."""

    def __init__(self, sheet: Sheet, key: Key, policy: Policy) -> None:
        self.sheet = sheet = matched(sheet, key)
        self.key, self.policy = key, policy
        answers = {symbol: sheet.answers[symbol] for symbol in key.symbols if symbol in sheet.answers}
        self.answers = {symbol: fit(answer, key, symbol) for symbol, answer in answers.items()}
        self.student = FollowThrough(key, self.answers)
        self.recogniser = Recogniser(self.student, policy.tolerance)
        self.marks = RowMarks(key, policy)
        self.tainted: set[str] = set()  # rows that are wrong, or follow from one that is
        written = {symbol: answer.values for symbol, answer in self.answers.items() if not answer.fault}
        self.following = agreeing(policy.tolerance, self.answers, self.student.page(written).each(written))

    def mark(self) -> Mark:
        """Mark every row that is answered or due."""
        rows: list[RowMark] = []
        for row in self.key.page.rows:
            if self.tainted and any(name in self.tainted for name, _ in row.reads):
                self.tainted.add(row.symbol)
            answer = self.answers.get(row.symbol)
            marked = self.marks.blank(row.symbol) if answer is None else self.row(row.symbol, answer)
            if self.marks.counts(row.symbol, answered=answer is not None):
                rows.append(marked)
        return self.marks.sheet(self.sheet, rows)

    def row(self, symbol: str, answer: Answer) -> RowMark:
        """Mark one answered row, and go on from it as the student did."""
        right = self.key.values[symbol]
        if answer.fault or answer.values.shape != right.shape:
            return self.misshapen(symbol, answer)
        if answer.plain and self.follows(symbol, answer):
            if symbol in self.tainted and agrees(self.policy.tolerance, answer, right):
                self.tainted.discard(symbol)
            self.student.keep(symbol, answer.values)
            return self.marks.right(symbol, answer, self.verdict(symbol))
        good = near(answer.values, right, self.allowed(answer, right, self.key.slack[symbol]))
        if good.all():
            self.tainted.discard(symbol)
            self.student.keep(symbol, answer.values)
            return self.marks.right(symbol, answer, Verdict.CORRECT)
        bare = answer.blank | answer.unreadable
        if (good | bare).all():
            self.tainted.discard(symbol)
        else:
            good, right = self.cells_that_follow(symbol, answer, good, bare)
        if (good | bare).all():
            self.student.keep(symbol, fill(answer, self.own(symbol), self.key.values[symbol]))
            return self.marks.right(symbol, answer, self.verdict(symbol), good)
        return self.wrong(symbol, answer, good, right)

    def verdict(self, symbol: str) -> Verdict:
        """Return the verdict on a row in which nothing is wrong."""
        return Verdict.FOLLOW_THROUGH if symbol in self.tainted else Verdict.CORRECT

    def follows(self, symbol: str, answer: Answer) -> bool:
        """Whether a row follows from the student's own, as most do: then nothing else need be tried."""
        if not self.student.set_aside:
            return symbol in self.following
        value = self.own(symbol)
        return value is not None and agrees(self.policy.tolerance, answer, value)

    def cells_that_follow(self, symbol: str, answer: Answer, good: Cells, bare: Cells) -> tuple[Cells, Array]:
        """Return which cells follow from the student's own rows, and what the row should have been."""
        best, should = good, self.key.values[symbol]
        for value in self.student.values(symbol, self.student.own.rows[symbol]):
            follows = near(answer.values, value, self.allowed(answer, value, slack(value)))
            if symbol in self.tainted and follows.sum() > best.sum():
                best, should = follows, value
            good = good | follows
            if (good | bare).all():
                break
        return good, should

    def wrong(self, symbol: str, answer: Answer, good: Cells, right: Array) -> RowMark:
        """Explain a wrong row, and go on from it where that is fair."""
        self.tainted.add(symbol)
        found = self.recogniser.mistakes(symbol)
        marked = self.marks.wrong(symbol, answer, good, right, found)
        own = fill(answer, self.own(symbol), self.key.values[symbol])
        value = fair(own, self.key.values[symbol], symbol, answer, explained=bool(found))
        if value is not own:
            self.student.set_aside[symbol] = own
        self.go_on(symbol, value, found)
        return marked

    def misshapen(self, symbol: str, answer: Answer) -> RowMark:
        """Mark what is no matrix, or one of another shape; the key's value stands in for it."""
        self.tainted.add(symbol)
        found = [] if answer.fault else self.recogniser.mistakes(symbol)
        self.go_on(symbol, self.key.values[symbol], [])
        self.student.set_aside[symbol] = self.key.values[symbol] if answer.fault else answer.values
        return self.marks.misshapen(symbol, answer, found)

    def go_on(self, symbol: str, value: Array, found: list[Mistakes]) -> None:
        """Put a wrong row's value where later rows read it, and the unrounded one behind it."""
        rows = [row for mistakes in found[:1] for mistake in mistakes for row in mistake.rows]
        elsewhere = [row for row in rows if row.symbol != symbol]
        here = [row for row in rows if row.symbol == symbol]
        if elsewhere:
            self.student.swap((*elsewhere, *here))
            behind = {name for row in elsewhere for name in self.key.behind[row.symbol]}
            self.tainted |= behind - self.answers.keys()
            self.student.keep(symbol, value)
            return
        unrounded = self.student.exact(here[0]) if here else None
        self.student.keep(symbol, value, unrounded=value if unrounded is None else unrounded)

    def own(self, symbol: str) -> Array | None:
        """Work out a row from the student's earlier numbers."""
        return self.student.own.tried(self.student.own.rows[symbol])

    def allowed(self, answer: Answer, right: Array, slack: float) -> Array:
        """Return how far each cell may lie from the right one."""
        limit: Array = allowed(self.policy.tolerance, answer, right, slack)
        return limit


def check(
    sheet: str | os.PathLike[str] | bytes | Mapping[str, Any],
    problem: Problem | str | os.PathLike[str] | Mapping[str, Any],
    *,
    loss: str | None = None,
    reduction: str | None = None,
    policy: Policy | None = None,
) -> Mark:
    """Mark a sheet against a problem; ``.to_dict()`` is what ``check --json`` prints.

    ``sheet`` is a path, ``-`` for standard input, the bytes of a file, or a mapping ``{"student": …,
    "answers": {…}}`` of numbers, lists and arrays. ``problem`` is a :class:`Problem` or anything that
    :func:`attncli.load` takes. Raises AttnError where one of them cannot be read.
    """
    key = Key.of(problem if isinstance(problem, Problem) else load(problem), loss, reduction)
    return mark(load_sheet(sheet), key, policy or Policy())
