"""A row's mark: its verdict, its points, its wrong cells and what explains them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.answer import turned
from attncli.homework.marks import Finding, Mark, RowMark, Verdict, WrongCell
from attncli.homework.slips import COPIED, find_slips, sentence
from attncli.homework.tolerance import slack
from attncli.language import _, plural
from attncli.page.lying import turn
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.copied import Copied
    from attncli.homework.key import Key
    from attncli.homework.policy import Policy
    from attncli.homework.recognise import Mistakes
    from attncli.homework.sheet import Sheet
    from attncli.homework.tolerance import Judge
    from attncli.mistakes.catalogue import Mistake
    from attncli.ops.op import Array

    Cells = NDArray[np.bool_]


MATRIX = 2
MOST_UNKNOWN = 10  # answers to no quantity of the page that are named


class RowMarks:
    """Gives rows their marks, as the policy has it."""

    def __init__(self, key: Key, policy: Policy, judge: Judge) -> None:
        self.key, self.policy, self.judge = key, policy, judge

    def counts(self, symbol: str, *, answered: bool) -> bool:
        """Whether a row is marked: it is due, or nothing is and the sheet answers it."""
        if symbol in self.policy.ignored:
            return False
        return answered if self.policy.due is None else symbol in self.policy.due

    def sheet(self, sheet: Sheet, rows: Sequence[RowMark], *, bounded: bool) -> Mark:
        """Gather the rows of a sheet, and what there is to say of it as a whole.

        ``bounded``: the search for mistakes was broken off.
        """
        key, notes = self.key, list(sheet.notes)
        notes += [f"{row.symbol}: {row.answer.note}" for row in rows if row.answer and row.answer.note]
        strange = [name for name in sheet.answers if name not in key.values]
        notes += [
            _("{symbol} is given: it is not marked", symbol=name) for name in strange if name in key.given
        ]
        unknown = [name for name in strange if name not in key.given]
        extra = [self.unknown(name) for name in unknown[:MOST_UNKNOWN]]
        if self.policy.due is not None:  # what nobody asked for costs nothing
            notes += [row.says for row in extra]
            extra = []
        more = len(unknown) - MOST_UNKNOWN
        if more > 0:
            notes.append(
                plural(
                    "and {n} more answer to no quantity of this page",
                    "and {n} more answers to no quantity of this page",
                    more,
                )
            )
        if bounded:
            seconds = math.ceil(key.patience)
            notes.append(
                _(
                    "the search for mistakes was broken off after {seconds} s: there may be more",
                    seconds=seconds,
                )
            )
        return Mark(
            sheet.student, key.name, lambda: key.digest, (*rows, *extra), tuple(notes), key.lying
        )  # most who check a sheet never ask for the digest

    def blank(self, symbol: str) -> RowMark:
        """Mark a row that is due and was left blank: it earns nothing."""
        return self.row(symbol, Verdict.BLANK, 0.0)

    def right(self, symbol: str, answer: Answer, verdict: Verdict, good: Cells | None = None) -> RowMark:
        """Mark a row in which nothing is wrong; blank cells are not right, unreadable ones are listed."""
        cells, right = answer.values.size, self.key.values[symbol]
        wrong: tuple[WrongCell, ...] = ()
        if not answer.plain:
            if answer.blank.all() and cells:
                return self.row(symbol, Verdict.BLANK, 0.0, answer)
            if answer.blank.any():
                verdict = Verdict.BLANK
            if answer.unreadable.any():
                verdict = Verdict.UNREADABLE
                wrong = self.wrong_cells(symbol, answer, ~answer.unreadable, right)
        number = cells if good is None else int(good.sum())
        share = number / max(cells, 1)
        if verdict is Verdict.FOLLOW_THROUGH:
            share *= self.policy.follow_through
        plain = good is None and answer.plain
        tolerance = (
            self.judge.usual_width(answer, right, self.key.largest[symbol])
            if plain
            else self.tolerance(answer, right)
        )
        return self.row(
            symbol, verdict, share, answer, right=number, good=good, wrong_cells=wrong, tolerance=tolerance
        )

    def wrong(
        self,
        symbol: str,
        answer: Answer,
        good: Cells,
        right: Array,
        found: Sequence[Mistakes],
        *,
        copied: Copied | None,
        trivial: bool,
    ) -> RowMark:
        """Mark a wrong row: its right cells count, or what the rubric leaves for the mistake.

        ``copied``: the given that was copied wrongly; ``trivial``: it took no work, and earns nothing.
        """
        mistakes = self.explanations(symbol, answer, right, found, copied)
        number = int(good.sum())
        kept = [self.policy.mistakes[one.id] for one in mistakes if one.id in self.policy.mistakes]
        return self.row(
            symbol,
            Verdict.WRONG,
            max(kept, default=0.0 if trivial else number / answer.values.size),
            answer,
            right=number,
            says=_("these numbers need no working out, and the right ones do") if trivial else "",
            good=good,
            wrong_cells=self.wrong_cells(symbol, answer, good | answer.blank, right),
            mistakes=mistakes,
            tolerance=self.tolerance(answer, right),
        )

    def misshapen(self, symbol: str, answer: Answer, found: Sequence[Mistakes], right: Array) -> RowMark:
        """Mark what cannot be compared with the row, ``right``, cell by cell."""
        if answer.fault:
            return self.row(symbol, Verdict.UNREADABLE, 0.0, answer, says=answer.fault)
        mistakes = self.explanations(symbol, answer, right, found)
        kept = max((self.policy.mistakes.get(one.id, 0.0) for one in mistakes), default=0.0)
        shape = shape_text(self.key.shown(answer.values.shape))
        return self.row(
            symbol,
            Verdict.WRONG,
            kept,
            answer,
            mistakes=mistakes,
            says=_("this is {shape}; {symbol} has a different shape", shape=shape, symbol=symbol),
            reason=_(
                "{symbol} should be {expected}; this is {shape}",
                symbol=symbol,
                expected=shape_text(self.key.shown(right.shape)),
                shape=shape,
            ),
        )

    def unknown(self, symbol: str) -> RowMark:
        """Mark an answer to a row that the page does not have."""
        symbols = self.key.symbols
        hint = did_you_mean(symbol, symbols, _("its quantities are {rows}", rows=", ".join(symbols)))
        says = _("this page has no quantity {symbol!r}; {hint}", symbol=symbol[:40], hint=hint)
        return RowMark(symbol[:40], Verdict.UNREADABLE, "", 0, 0, 0.0, self.worth(symbol), says=says)

    def explanations(
        self,
        symbol: str,
        answer: Answer,
        right: Array,
        found: Sequence[Mistakes],
        copied: Copied | None = None,
    ) -> tuple[Finding, ...]:
        """Write down the mistakes that were found, or else the slips of the hand."""
        return tuple(self.mistakes(symbol, found)) or tuple(self.slips(symbol, answer, right, copied))

    def mistakes(self, symbol: str, found: Sequence[Mistakes]) -> Iterator[Finding]:
        """Write down each mistake once, with the formula that it was beside the page's."""
        first: dict[str, Mistake] = {}
        for mistake in chain.from_iterable(found):
            first.setdefault(mistake.id, mistake)
        for mistake in first.values():
            row = next((row for row in mistake.rows if row.symbol == symbol), mistake.rows[0])
            formula, says = self.key.words(row.formula), self.key.words(sentence(mistake.id))
            yield Finding(mistake.id, row.symbol, formula, self.key.formulas[row.symbol], says)

    def slips(self, symbol: str, answer: Answer, right: Array, copied: Copied | None) -> Iterator[Finding]:
        """Write down each slip of the hand; of a given that was copied wrongly, its symbol."""
        formula = self.key.formulas[symbol]
        if copied is not None:
            yield Finding(COPIED, symbol, formula, formula, sentence(COPIED), self.key.words(copied.text))
        limit = self.judge.width(answer, right) + slack(right)
        required = self.policy.tolerance.decimals
        for slip in find_slips(answer, right, limit, heads=right.ndim > MATRIX, required_decimals=required):
            says, detail = self.key.words(slip.says), self.key.words(slip.detail)
            yield Finding(slip.id, symbol, formula, formula, says, detail)

    def wrong_cells(self, symbol: str, answer: Answer, settled: Cells, right: Array) -> tuple[WrongCell, ...]:
        """List the cells that are not right, with what should stand there."""
        if settled.all():
            return ()
        cells, numbers = self.key.cells(symbol), right.ravel().tolist()
        wrong = np.flatnonzero(~settled).tolist()
        found = (WrongCell(*cells[i], answer.texts[i], numbers[i]) for i in wrong)
        return tuple(sorted(found, key=lambda cell: cell.index) if self.key.lying else found)

    def tolerance(self, answer: Answer, right: Array) -> float:
        """Return the tolerance without the slack for the computer's own rounding; the widest one."""
        return float(np.max(self.judge.width(answer, right), initial=0.0))

    def worth(self, symbol: str) -> float:
        """Return what a row can earn."""
        return float(self.policy.points.get(symbol, 1.0))

    def row(
        self,
        symbol: str,
        verdict: Verdict,
        share: float,
        answer: Answer | None = None,
        *,
        right: int = 0,
        good: Cells | None = None,
        **known: Any,  # noqa: ANN401 - the other fields of a RowMark
    ) -> RowMark:
        """Write down a row as the sheet has it, so many cells right; ``share`` of its points is earned."""
        key, cells = self.key, 0 if answer is None else answer.values.size
        if key.lying:
            answer, good = answer and turned(answer), good if good is None else turn(good)
        known |= {"answer": answer, "good": good, "key": key.shown(key.values[symbol])}
        worth = self.worth(symbol)
        return RowMark(symbol, verdict, key.formulas[symbol], right, cells, worth * share, worth, **known)


def shape_text(shape: Sequence[int]) -> str:
    """``9 × 4``; a number has none."""
    return " × ".join(map(str, shape)) or _("one number")
