"""Writing down what marking found: a row's verdict, its points and its wrong cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.homework.key import slack
from attncli.homework.marks import Finding, Mark, RowMark, Verdict, WrongCell
from attncli.homework.slips import find_slips, say
from attncli.homework.tolerance import allowed
from attncli.language import _
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.key import Key
    from attncli.homework.policy import Policy
    from attncli.homework.recognise import Mistakes
    from attncli.homework.sheet import Sheet
    from attncli.ops.op import Array


if TYPE_CHECKING:
    Cells = NDArray[np.bool_]

MATRIX = 2


class Reporter:
    """Gives rows their marks, as the policy has it."""

    def __init__(self, key: Key, policy: Policy) -> None:
        self.key, self.policy = key, policy

    def counts(self, symbol: str, *, answered: bool) -> bool:
        """Whether a row is marked: it is due, or nothing is and the sheet answers it."""
        if symbol in self.policy.ignored:
            return False
        return answered if self.policy.due is None else symbol in self.policy.due

    def mark(self, sheet: Sheet, rows: Sequence[RowMark]) -> Mark:
        """Gather the rows of a sheet, and what there is to say of it as a whole."""
        unknown = [
            self.unknown(symbol)
            for symbol in sheet.answers
            if symbol not in self.key.values and symbol not in self.key.given
        ]
        given = [symbol for symbol in sheet.answers if symbol in self.key.given]
        notes = [*sheet.notes, *(_("{symbol} is given: it is not marked", symbol=name) for name in given)]
        return Mark(sheet.student, self.key.name, self.key.digest, (*rows, *unknown), tuple(notes))

    def blank(self, symbol: str) -> RowMark:
        """Mark a row that is due and was left blank: it earns nothing."""
        return self.row(symbol, Verdict.BLANK, 0, 0, 0.0)

    def right(self, symbol: str, answer: Answer, verdict: Verdict, good: Cells | None = None) -> RowMark:
        """Mark a row in which nothing is wrong; blank cells earn nothing, unreadable ones are told."""
        cells = answer.values.size
        wrong: tuple[WrongCell, ...] = ()
        if not answer.plain:
            if answer.blank.all() and cells:
                return self.row(symbol, Verdict.BLANK, 0, cells, 0.0, answer=answer)
            if answer.unreadable.any():
                verdict = Verdict.UNREADABLE
                wrong = self.wrong_cells(symbol, answer, ~answer.unreadable, self.key.values[symbol])
        number = cells if good is None else int(good.sum())
        share = number / max(cells, 1)
        if verdict is Verdict.FOLLOW_THROUGH:
            share *= self.policy.follow_through
        limit = self.limit(answer, self.key.values[symbol])
        return self.row(
            symbol, verdict, number, cells, share, answer=answer, good=good, wrong=wrong, limit=limit
        )

    def wrong(
        self, symbol: str, answer: Answer, good: Cells, right: Array, found: Sequence[Mistakes]
    ) -> RowMark:
        """Mark a wrong row: its right cells count, or what the rubric leaves for the mistake."""
        findings = tuple(self.findings(symbol, found)) or tuple(self.slips(symbol, answer, right))
        share = float(good.sum()) / answer.values.size
        kept = [self.policy.mistakes[one.id] for one in findings if one.id in self.policy.mistakes]
        settled = good | answer.blank
        return self.row(
            symbol,
            Verdict.WRONG,
            int(good.sum()),
            answer.values.size,
            max(kept, default=share),
            answer=answer,
            good=good,
            wrong=self.wrong_cells(symbol, answer, settled, right),
            findings=findings,
            limit=self.limit(answer, right),
        )

    def misshapen(self, symbol: str, answer: Answer, found: Sequence[Mistakes]) -> RowMark:
        """Mark what cannot be held against the row cell by cell."""
        if answer.fault:
            return self.row(
                symbol, Verdict.UNREADABLE, 0, len(answer.texts), 0.0, answer=answer, says=answer.fault
            )
        right = self.key.values[symbol]
        findings = tuple(self.findings(symbol, found)) or tuple(self.slips(symbol, answer, right))
        shape = shape_text(answer.values.shape)
        says = _("this is {shape}: {symbol} has another shape", shape=shape, symbol=symbol)
        reason = _("{symbol} is {shape}", symbol=symbol, shape=shape_text(right.shape))
        return self.row(
            symbol,
            Verdict.WRONG,
            0,
            answer.values.size,
            max((self.policy.mistakes.get(one.id, 0.0) for one in findings), default=0.0),
            answer=answer,
            findings=findings,
            says=says,
            reason=reason,
        )

    def unknown(self, symbol: str) -> RowMark:
        """Mark an answer to a row that the page does not have."""
        hint = did_you_mean(
            symbol, self.key.symbols, _("its quantities are {rows}", rows=", ".join(self.key.symbols))
        )
        says = _("this page has no row {symbol!r}; {hint}", symbol=symbol[:40], hint=hint)
        return RowMark(symbol[:40], Verdict.UNREADABLE, "", 0, 0, 0.0, self.worth(symbol), says=says)

    def findings(self, symbol: str, found: Sequence[Mistakes]) -> Iterator[Finding]:
        """Write down each mistake once, with the formula that it was beside the page's."""
        told = set()
        for mistake in (mistake for group in found for mistake in group):
            if mistake.id not in told:
                told.add(mistake.id)
                row = next((row for row in mistake.rows if row.symbol == symbol), mistake.rows[0])
                yield Finding(mistake.id, row.formula, self.key.page.row[row.symbol].formula, say(mistake.id))

    def slips(self, symbol: str, answer: Answer, right: Array) -> Iterator[Finding]:
        """Write down each slip of the hand."""
        formula = self.key.page.row[symbol].formula
        limit = allowed(self.policy.tolerance, answer, right, slack(right))
        required = self.policy.tolerance.decimals
        for slip in find_slips(answer, right, limit, heads=right.ndim > MATRIX, required_decimals=required):
            yield Finding(slip.id, formula, formula, slip.says, slip.detail)

    def wrong_cells(self, symbol: str, answer: Answer, settled: Cells, right: Array) -> tuple[WrongCell, ...]:
        """List the cells that are not right, with what should stand there."""
        if settled.all():
            return ()
        cells, numbers = self.key.cells(symbol), right.ravel().tolist()
        return tuple(
            WrongCell(*cells[i], answer.texts[i], numbers[i]) for i in np.flatnonzero(~settled).tolist()
        )

    def limit(self, answer: Answer, right: Array) -> float:
        """Tell the tolerance without the slack for the computer's own rounding; the widest one."""
        limit = allowed(self.policy.tolerance, answer, right, 0.0)
        return limit if isinstance(limit, float) else float(np.max(limit))

    def worth(self, symbol: str) -> float:
        """Tell what a row can earn."""
        return float(self.policy.points.get(symbol, 1.0))

    def row(  # noqa: PLR0913 - what is known of a row
        self,
        symbol: str,
        verdict: Verdict,
        right: int,
        cells: int,
        share: float,
        *,
        answer: Answer | None = None,
        good: Cells | None = None,
        wrong: tuple[WrongCell, ...] = (),
        findings: tuple[Finding, ...] = (),
        limit: float | None = None,
        says: str = "",
        reason: str = "",
    ) -> RowMark:
        """Write down a row; ``share`` of its points is earned."""
        worth = self.worth(symbol)
        return RowMark(
            symbol,
            verdict,
            self.key.formulas[symbol],
            right,
            cells,
            worth * share,
            worth,
            limit,
            wrong,
            findings,
            says,
            reason,
            good,
            answer,
            self.key.values[symbol],
        )


def shape_text(shape: Sequence[int]) -> str:
    """``9 × 4``; a number has none."""
    return " × ".join(map(str, shape)) or _("one number")
