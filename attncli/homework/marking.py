"""Marking a sheet: each row against the key, and against what follows from the student's earlier rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.choices import LAYOUTS
from attncli.homework.agreement import Agreement
from attncli.homework.copied import find_copied
from attncli.homework.follow_through import FollowThrough, closer, fill, fit
from attncli.homework.forms import matched
from attncli.homework.key import Key
from attncli.homework.marks import Mark, RowMark, Verdict
from attncli.homework.policy import Policy, Tolerance
from attncli.homework.recognise import Recogniser
from attncli.homework.row_marks import RowMarks
from attncli.homework.sheet import load_sheet
from attncli.homework.slips import TRANSPOSED
from attncli.homework.tolerance import Judge, largest_of, trivial
from attncli.language import _
from attncli.names import MATRIX
from attncli.ops.linear import MatMul
from attncli.ops.softmax import Softmax
from attncli.problem.problem import Problem
from attncli.problem.sources import load
from attncli.report import one_of

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
RIGHT = (Verdict.CORRECT, Verdict.FOLLOW_THROUGH)


def mark(sheet: Sheet, key: Key, policy: Policy = STANDARD) -> Mark:
    """Mark a sheet against a key.

    Rows are taken in the page's order. A row is right where it agrees with the key or follows from the
    student's own earlier rows; what follows only because one of these is wrong is follow-through. A sheet
    that is right only as one that lies, or does not, is told so, or marked so where the policy allows it.
    """
    if policy.layout in LAYOUTS and (policy.layout == "columns") != key.lying:
        key = key.other
    with np.errstate(invalid="ignore", over="ignore"):  # of differences between infinities, or nearly so
        marked = Marking(sheet, key, policy).mark()
        if marked.verdict in RIGHT or not fits(matched(sheet, key), key.other):
            return marked
        turned = Marking(sheet, key.other, policy).mark()
    if turned.score <= marked.score:
        return marked
    says = (
        _("this sheet fits transposed; you write tokens as columns: layout: columns")
        if turned.lying
        else _("this sheet fits transposed; you write tokens as rows: layout: rows")
    )
    if policy.layout == "auto":
        return replace(turned, notes=(*turned.notes, says))
    hint = _("--layout auto marks it so")
    return replace(marked, notes=(*marked.notes, f"{says} ({hint})"))


def fits(sheet: Sheet, key: Key) -> bool:
    """Whether no matrix of a sheet is nearer to the right one turned round, and some are farther."""
    telling = False
    for symbol in [symbol for symbol in key.symbols if symbol in sheet.answers]:
        right, values = key.values[symbol], fit(sheet.answers[symbol], key, symbol).values
        if right.ndim < MATRIX or not np.isfinite(values).any():
            continue
        if values.shape != right.shape:
            return False
        square = values.mT.shape == right.shape
        if square and closer(values.mT, values, right):
            return False
        telling |= not square or closer(values, values.mT, right)
    return telling


class Marking:
    """One sheet on its way through the page."""

    def __init__(self, sheet: Sheet, key: Key, policy: Policy) -> None:
        self.sheet = sheet = matched(sheet, key)
        self.key, self.policy = key, policy
        answers = {symbol: sheet.answers[symbol] for symbol in key.symbols if symbol in sheet.answers}
        self.answers = {symbol: fit(answer, key, symbol) for symbol, answer in answers.items()}
        self.judge = Judge(policy.tolerance, self.answers, key.errors)
        self.student = FollowThrough(key, self.answers, self.judge.decimals)
        self.recogniser = Recogniser(self.student, self.judge)
        self.marks = RowMarks(key, policy, self.judge)
        self.tainted: set[str] = set()  # rows that are wrong, or follow from one that is
        self.unexplained = False  # whether a row is wrong for no reason that is known
        written = {
            symbol: answer.values
            for symbol, answer in self.answers.items()
            if not answer.fault and answer.values.ndim == key.values[symbol].ndim
        }
        self.following = self.judge.agreeing(self.answers, self.student.page(written).each(written))

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
        return self.marks.sheet(self.sheet, rows, bounded=self.recogniser.bounded)

    def row(self, symbol: str, answer: Answer) -> RowMark:
        """Mark one answered row, and go on from it as the student did."""
        right = self.key.values[symbol]
        if answer.fault or answer.values.shape != right.shape:
            return self.misshapen(symbol, answer)
        if answer.plain and self.follows(symbol, answer) and not self.follows_from_nothing(symbol, answer):
            if symbol in self.tainted and self.judge.agrees(answer, right):
                self.tainted.discard(symbol)
            self.student.keep(symbol, answer.values)
            return self.marks.right(symbol, answer, self.verdict(symbol))
        found = Agreement(self.judge, answer)
        if found.settled_by(right):
            self.tainted.discard(symbol)
        elif not self.follows_from_nothing(symbol, answer):
            self.follow(symbol, found)
        if found.settled:
            self.student.keep(symbol, fill(answer, self.own(symbol), right))
            return self.marks.right(symbol, answer, self.verdict(symbol), found.good)
        should = found.likeliest if found.likeliest is not None else right
        return self.wrong(symbol, answer, found.good, should)

    def verdict(self, symbol: str) -> Verdict:
        """Return the verdict on a row in which nothing is wrong."""
        return Verdict.FOLLOW_THROUGH if symbol in self.tainted else Verdict.CORRECT

    def follows(self, symbol: str, answer: Answer) -> bool:
        """Whether a row follows from the student's own, as most do: then nothing else need be tried."""
        if not self.student.set_aside:
            return symbol in self.following
        return self.judge.agrees(answer, self.own(symbol))

    def follows_from_nothing(self, symbol: str, answer: Answer) -> bool:
        """Whether a row is trivial only because something before it is wrong that nothing explains."""
        return self.unexplained and symbol in self.tainted and trivial(answer.values, self.key.values[symbol])

    def follow(self, symbol: str, found: Agreement) -> None:
        """Compare a row with all that may follow from the student's own numbers."""
        if any(found.compare(value) for value in self.student.right_values(symbol)):
            return
        derived = Agreement(self.judge, found.answer)
        if any(map(derived.compare, self.student.consistent_values(symbol))):
            found.settle()
            self.tainted.add(symbol)
            return
        op, sizes = self.key.page.row[symbol].op, self.key.problem.sizes
        terms = max(sizes.values()) if isinstance(op, MatMul) else math.inf
        found.work_by_hand(self.student.by_hand(symbol), terms)
        if isinstance(op, Softmax):
            found.allow_repairs()
        if self.rounds_away(symbol, found):
            found.settle()

    def rounds_away(self, symbol: str, found: Agreement) -> bool:
        """Whether zeros are what right numbers of the student's own come to at the decimals of the sheet."""
        own = self.own(symbol)
        before = [name for name, _ in self.key.page.row[symbol].reads if name in self.key.values]
        return (
            own is not None
            and largest_of(own) <= self.judge.usual
            and trivial(found.answer.values, self.key.values[symbol])
            and not self.unexplained
            and all(name in self.answers for name in before)
        )

    def wrong(self, symbol: str, answer: Answer, good: Cells, should: Array) -> RowMark:
        """Explain a wrong row, and go on from it where that is fair."""
        self.tainted.add(symbol)
        found = self.recogniser.mistakes(symbol)
        bare = trivial(answer.values, self.key.values[symbol])
        copied = None
        if not found and not bare:
            copied = find_copied(self.student, self.judge, symbol)
            if copied is not None:
                self.student.copy(copied.symbol, copied.value)
        marked = self.marks.wrong(symbol, answer, good, should, found, copied=copied, trivial=bare)
        self.unexplained |= not marked.mistakes
        own = fill(answer, self.own(symbol), self.key.values[symbol])
        if bare:
            self.student.set_aside[symbol] = own
        value, behind = (self.key.values[symbol], []) if bare else (own, found)
        self.go_on(symbol, value, behind, should)
        return marked

    def misshapen(self, symbol: str, answer: Answer) -> RowMark:
        """Mark what is no matrix, or of another shape; the key stands in, or what is transposed, turned."""
        self.tainted.add(symbol)
        found = [] if answer.fault else self.recogniser.mistakes(symbol)
        right = self.key.values[symbol]
        should = self.own(symbol)
        if should is None or should.shape != right.shape:
            should = right
        marked = self.marks.misshapen(symbol, answer, found, should)
        turned = answer.plain and any(finding.id == TRANSPOSED for finding in marked.mistakes)
        self.go_on(symbol, answer.values.mT if turned else right, [])
        if not turned:
            usable = not answer.fault and answer.values.ndim == right.ndim
            self.student.set_aside[symbol] = answer.values if usable else right
        return marked

    def go_on(self, symbol: str, value: Array, found: list[Mistakes], should: Array | None = None) -> None:
        """Put a wrong row's value where later rows read it, and what is behind it."""
        groups = [[row for mistake in mistakes for row in mistake.rows] for mistakes in found]
        rows = groups[0] if groups else []
        elsewhere = [row for row in rows if row.symbol != symbol]
        here = [row for row in rows if row.symbol == symbol]
        if elsewhere:
            self.student.swap((*elsewhere, *here))
            behind = {name for row in elsewhere for name in self.key.behind[row.symbol]}
            self.tainted |= behind - self.answers.keys()
            self.student.keep(symbol, value)
        else:
            unrounded = self.student.exact(here[0]) if here else None
            self.student.keep(
                symbol, value, unrounded=value if unrounded is None else unrounded, meant=should
            )
        if groups:
            self.student.derive(groups)

    def own(self, symbol: str) -> Array | None:
        """Work out a row from the student's earlier numbers."""
        return self.student.own.tried(self.student.own.rows[symbol])


def check(
    sheet: str | os.PathLike[str] | bytes | Mapping[str, Any],
    problem: Problem | str | os.PathLike[str] | Mapping[str, Any],
    *,
    loss: str | None = None,
    reduction: str | None = None,
    policy: Policy | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    layout: str | None = None,
) -> Mark:
    """Mark a sheet against a problem; ``.to_dict()`` is what ``check --json`` prints.

    ``sheet`` is a path, ``-`` for standard input, the bytes of a file, or a mapping ``{"student": …,
    "answers": {…}}`` of numbers, lists and arrays. ``problem`` is a :class:`Problem` or anything that
    :func:`attncli.load` takes. ``rtol`` and ``atol`` go before the policy's tolerance: a number is right
    within atol + rtol·|right value|. ``layout``, "rows", "columns" or "auto", says how the sheet's matrices
    lie; None: as the problem's. Raises AttnError where one of them cannot be read.
    """
    policy = policy or Policy()
    if rtol is not None or atol is not None:
        policy = replace(policy, tolerance=Tolerance(rtol=rtol, atol=atol))
        policy.tolerance.check()
    if layout is not None:
        policy = replace(policy, layout=one_of("layout", layout, (*LAYOUTS, "auto")))
    key = Key.of(problem if isinstance(problem, Problem) else load(problem), loss, reduction)
    return mark(load_sheet(sheet), key, policy)
