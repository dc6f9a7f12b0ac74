"""Trying somebody's attention on problem after problem, and reporting what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.choices import ARRAYS, MASK_TRUE, MASKS, WEIGHTS
from attncli.code.judging import EXACTNESS, attempt, close, in_order, is_backward
from attncli.code.parameters import asked
from attncli.code.problems import LARGE_SCORES, cases
from attncli.code.process import Limits, Program
from attncli.code.report import (
    ABILITIES,
    FAILED,
    MASKED_ROW,
    NOT_TAKEN,
    RIGHT,
    WRONG,
    Ability,
    Example,
    Failure,
    Named,
    Report,
    shape_text,
)
from attncli.language import N_, _
from attncli.report import one_of

if TYPE_CHECKING:
    from attncli.code.judging import Attempt
    from attncli.code.naming import Found
    from attncli.code.parameters import Asked
    from attncli.code.problems import Case
    from attncli.code.process import Outcome


@dataclass(frozen=True)
class Options:
    """How code is to be tried; None: the usual convention, and where the code keeps another one, that.

    ``mask_true``: "look" or "hide"; ``mask``: "add", numbers that are added to the scores; ``weights``:
    "in-out" or "out-in"; ``arrays``: "numpy" or "torch". ``timeout`` in seconds is for all problems
    together, ``memory`` in bytes; ``seed`` draws other numbers.
    """

    mask_true: str | None = None
    mask: str | None = None
    weights: str | None = None
    arrays: str = "numpy"
    timeout: float = 10.0
    memory: int = 4 * 2**30
    seed: int = 0

    @property
    def limits(self) -> Limits:
        """What the code may take."""
        return Limits(self.timeout, self.memory)


class Convention(NamedTuple):
    """How a problem is handed over: what true in a mask means, how weights are stored, whether in batches."""

    mask: str = "look"
    padding: str = "look"
    out_in: bool = False
    batch: int = 0
    batched_mask: bool = False

    def applied(self, name: str, value: Any) -> Any:  # noqa: ANN401 - an array or a number
        """Hand over what a function asks for by a name."""
        if name in {"mask", "padding"}:
            kind = self.mask if name == "mask" else self.padding
            hidden = {"look": value, "hide": ~value, "add": np.where(value, 0.0, -np.inf)}[kind]
            return hidden[None] if self.batched_mask else hidden
        if self.out_in and name[0] == "W":
            return value.T
        return value[(None,) * self.batch] if name in BATCHED else value

    def returned(self, value: Any) -> Any:  # noqa: ANN401 - an array
        """Take back what comes for a batch of one, or of one with one head."""
        for _axis in range(self.batch):
            value = value[0] if value.ndim > MATRIX and len(value) == 1 else value
        return value

    def __str__(self) -> str:
        """Say what of it is not the usual."""
        padding = self.padding if self.padding == self.mask else f"padding-{self.padding}"
        words = dict.fromkeys((self.mask, padding, "out-in" * self.out_in))
        return "; ".join(_(SENTENCES[word]) for word in words if word in SENTENCES)


MATRIX = 2
UNSEEN = 1 + 1e-6  # times as large: float16 sees steps of 5e-4
CONVENTIONS = ("mask_true", "mask", "weights", "arrays")
BATCHED = frozenset({"X", "E", "Ev", "Q", "K", "V", "dO"})
SENTENCES = {
    "hide": N_("true in the mask means that a token is hidden, not that one may look at it"),
    "add": N_("the mask is added to the scores: 0 where one may look, −∞ elsewhere"),
    "padding-hide": N_("true in the padding mask means that a token is hidden"),
    "padding-add": N_("the padding mask is added to the scores"),
    "out-in": N_("weights are stored out × in, as in PyTorch's Linear: Q = X·Wqᵀ"),
}


def test(function: Callable[..., Any], **options: Any) -> Report:  # noqa: ANN401 - as Options'
    """Try a function of attention on problems chosen so that mistakes can be told apart.

    It is called with what its parameters' names ask for (``attncli guide test`` lists them), in a process
    of its own. The options are those of :class:`Options`. Raises AttnError where it cannot be tried.
    """
    chosen = Options(**options)
    for name, words in zip(CONVENTIONS, (MASK_TRUE, MASKS, WEIGHTS, ARRAYS), strict=True):
        if (word := getattr(chosen, name)) is not None:
            one_of(name, word, words)
    with Program.of_function(function, chosen.limits, chosen.arrays) as program:
        return Trial(program, chosen).report()


def test_file(file: str, name: str | None, options: Options) -> Report:
    """Try a function of a file; None: the one whose name speaks of attention.

    Raises AttnError where there is none, or it cannot be tried.
    """
    with Program.of_file(Path(file), name, options.limits, options.arrays) as program:
        return replace(Trial(program, options).report(), file=file)


class Trial:
    """One function, tried under one convention after the other until it is right under one."""

    def __init__(self, program: Program, options: Options) -> None:
        self.program, self.options = program, options
        self.asked: Asked = asked(program.signature)
        self.cases: list[Case] = list(cases(self.asked, options.seed))
        self.backward: bool | None = None
        self.changed: dict[str, None] = {}
        self.order: tuple[str, ...] = ()
        self.outcomes: dict[tuple[Convention, int, float], Outcome] = {}

    def run(self, convention: Convention, only: Sequence[Case] | None = None) -> list[Attempt]:
        """Try all problems, or some of them."""
        return [self.attempt(case, convention) for case in (self.cases if only is None else only)]

    def right_under(self, convention: Convention) -> list[Attempt]:
        """Try problem after problem as long as the code is right; [] if it is not right throughout."""
        found = []
        for case in sorted(self.cases, key=lambda case: not case.sizes.mask):
            found.append(self.attempt(case, convention))
            if found[-1].counts and found[-1].verdict == WRONG:
                return []
        return found if self.is_right(found) else []

    def call(self, case: Case, convention: Convention, by: float) -> Outcome:
        """Call the function on one problem."""
        arguments = {}
        for parameter, value in case.arguments(self.asked).items():
            name = self.asked.names[parameter]
            arguments[parameter] = convention.applied(name, value * by if name in BATCHED else value)
        outcome = self.program.call(arguments)
        self.changed.update(dict.fromkeys(outcome.changed))
        return outcome._replace(
            values=tuple((name, convention.returned(value)) for name, value in outcome.values)
        )

    def attempt(self, case: Case, convention: Convention, *, by: float = 1.0) -> Attempt:
        """Try one problem, for which the function is called once.

        ``by``: with embeddings, or queries, keys and values, so many times as large.
        """
        tried = convention, id(case), by
        if tried not in self.outcomes:
            self.outcomes[tried] = self.call(case, convention, by)
        outcome = self.outcomes[tried]
        if self.backward is None and outcome.values:
            self.backward = is_backward(outcome) or ("dO" in self.asked.taken)
            self.order = in_order(outcome.values, case.right(backward=self.backward), backward=self.backward)
        return attempt(
            case, outcome, backward=bool(self.backward), out_in=convention.out_in, order=self.order
        )

    def first(self) -> Convention:
        """Return the convention to begin with: what was asked for; in batches of one, if it needs these."""
        options = self.options
        mask = "add" if options.mask else options.mask_true or "look"
        usual = Convention(mask, mask, options.weights == "out-in")
        simple = self.cases[:3]
        if any(one.values for one in self.run(usual, simple)):
            return usual
        for axes in (1, 2):
            batch = usual._replace(batch=axes)
            if any(one.values for one in self.run(batch, simple)):
                masked = [case for case in self.cases if case.sizes.mask and case.ability != MASKED_ROW]
                alike = not masked or any(one.values for one in self.run(batch, masked))
                return batch if alike else batch._replace(batched_mask=True)
        return usual

    def others(self, first: Convention, attempts: Sequence[Attempt]) -> list[Convention]:
        """Return the other conventions by which the code may be right."""
        options, taken = self.options, self.asked.taken
        ordinary = [one for one in attempts if one.case.ability not in {LARGE_SCORES, MASKED_ROW}]
        masked = any(one.verdict != RIGHT and one.case.sizes.mask for one in ordinary)
        free = masked and options.mask is None and options.mask_true is None
        masks = ["look", "hide", "add"] if free and "mask" in taken else [first.mask]
        paddings = ["look", "hide", "add"] if free and "padding" in taken else [first.padding]
        if "mask" not in taken:
            masks = paddings = paddings if "padding" in taken else masks
        weights = [first.out_in]
        if options.weights is None and taken & {"Wq", "Wqkv"}:
            weights.append(True)
        every = [
            first._replace(mask=mask, padding=padding, out_in=out_in)
            for out_in, mask, padding in product(weights, masks, paddings)
            if "mask" in taken or mask == padding
        ]
        return [one for one in every if one != first]

    def report(self) -> Report:
        """Try everything, and say what came of it."""
        first = self.first()
        attempts = self.run(first)
        if self.is_right(attempts):
            return self.written(str(first), attempts)
        others = self.others(first, attempts)
        for other in others:
            if right := self.right_under(other):
                return self.written(str(other), right)
        return self.explained(first, attempts, others)

    def explained(
        self, first: Convention, attempts: Sequence[Attempt], others: Sequence[Convention]
    ) -> Report:
        """Find what was done: one mistake, under whichever convention, or two under the first."""
        from attncli.code.naming import explanations, told_otherwise  # noqa: PLC0415 - only for wrong code

        if self.is_half(first, decisive(attempts)):
            return self.written(str(first), attempts, told_otherwise("half-precision", decisive(attempts)))
        if found := explanations(decisive(attempts), pairs=False):
            return self.written(str(first), attempts, found)
        cut = self.without_other_sizes(attempts)
        if cut and self.is_right(cut):
            return self.written(_("d_model = h·d_k = h·d_v, as it cuts d_model into heads"), cut)
        if cut and (found := explanations(decisive(cut), pairs=False)):
            return self.written(str(first), attempts, found)
        failed = failures(attempts)
        for other in others:
            tried = self.run(other)
            if failures(tried) <= failed and (found := explanations(decisive(tried), pairs=False)):
                return self.written(str(other), tried, found)
        return self.written(str(first), attempts, explanations(decisive(cut or attempts), pairs=True))

    def is_half(self, convention: Convention, attempts: Sequence[Attempt]) -> bool:
        """Whether code is off as float16 is, and does not see a change that is too small for float16."""
        wrong = [one for one in attempts if one.verdict == WRONG and one.case.ability != LARGE_SCORES]
        near = all(
            close(one.values[symbol], one.right[symbol], EXACTNESS["float16"])
            for one in wrong
            for symbol in one.decisive
        )
        if not wrong or not near:
            return False
        values, moved = wrong[0].values, self.attempt(wrong[0].case, convention, by=UNSEEN).values
        still = [(moved[symbol] == values[symbol]).mean() for symbol in wrong[0].decisive if symbol in moved]
        return bool(still) and min(still) >= 0.5  # noqa: PLR2004 - a few may lie where float16 rounds

    def without_other_sizes(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Leave out where h·d_k or h·d_v is not d_model, if the code seems to cut d_model into heads."""
        cut = [one.verdict for one in attempts if one.case.sizes.heads > 1 and not one.shared]
        if not cut or RIGHT in cut:
            return []
        return [one if one.standard else replace(one, forgiven=True) for one in attempts]

    def is_right(self, attempts: Sequence[Attempt]) -> bool:
        """Whether the code is right wherever it gives numbers, and gives some for each ability."""
        verdicts = {one.name: one.verdict for one in self.abilities(attempts) if one.name != MASKED_ROW}
        return WRONG not in verdicts.values() and not any(
            verdict == FAILED for name, verdict in verdicts.items() if name != NOT_NEEDED
        )

    def abilities(self, attempts: Sequence[Attempt]) -> list[Ability]:
        """Judge each ability: of a backward pass, each gradient, and what it gives no gradients for."""
        judged = decisive(attempts)
        if not self.backward:
            judged += [one for one in attempts if one.case.ability == MASKED_ROW]
        found = [ability(name, [one for one in judged if one.case.ability == name]) for name in ABILITIES]
        if self.backward:
            symbols = dict.fromkeys(symbol for one in attempts for symbol in one.decisive)
            gradients = [gradient_ability(symbol, judged) for symbol in symbols]
            return [*gradients, *(one for one in found if one.verdict == FAILED)]
        return [
            replace(one, says=masked_row(attempts[-1])) if one.problems and one.name == MASKED_ROW else one
            for one in found
        ]

    def written(self, convention: str, attempts: Sequence[Attempt], found: Sequence[Found] = ()) -> Report:
        """Write the report."""
        abilities = self.abilities(attempts)
        judged = decisive(attempts)
        wrong = [one for one in judged if one.verdict == WRONG]
        right = sum(one.verdict == RIGHT for one in judged)
        verdict = WRONG if wrong else RIGHT if self.is_right(attempts) else FAILED
        off = {symbol for one in wrong for symbol in one.wrong}
        first_wrong = next((symbol for one in wrong for symbol in one.right if symbol in off), None)
        signature = self.program.signature
        if self.asked.always_causal:
            by_name = _("every token sees itself and those before it")
            convention = f"{by_name}; {convention}" if convention else by_name
        return Report(
            signature.file,
            signature.name,
            "backward" if self.backward else "forward",
            verdict,
            len(judged),
            right,
            tuple(abilities),
            tuple(named(found)) if found else (),
            first_wrong,
            convention or None,
            example(wrong, found),
            tuple(self.notes(attempts)),
            tuple(ways_of_failing(attempts, verdict)),
        )

    def notes(self, attempts: Sequence[Attempt]) -> Iterable[str]:
        """Say what else was seen."""
        others = [symbol for one in attempts if one.verdict == RIGHT for symbol in one.wrong]
        for symbol in dict.fromkeys(others):
            yield _("the result is right, but what it returns as {symbol} is not", symbol=symbol)
        if self.changed:
            yield _("it changes what it is given, in place: {names}", names=", ".join(self.changed))
        program = self.program
        if program.printed_bytes:
            yield _("it printed {count:,} bytes, which are not shown here", count=program.printed_bytes)
        if program.threads:
            yield _("it left threads running: {count}", count=program.threads)
        if program.unbounded:
            yield _("this system could not bound its {names}", names=", ".join(program.unbounded))


def failures(attempts: Iterable[Attempt]) -> int:
    """Count the problems on which there are no numbers."""
    return sum(one.verdict == FAILED for one in attempts)


NOT_NEEDED = "dv"  # right code may take d_v = d_k alone


def decisive(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Leave out the problems that do not decide."""
    return [one for one in attempts if one.counts]


def ability(name: str, attempts: Sequence[Attempt]) -> Ability:
    """Judge one ability by the problems that it has."""
    if not attempts:
        return Ability(name, 0, 0, NOT_TAKEN)
    verdicts = [one.verdict for one in attempts]
    right = verdicts.count(RIGHT)
    verdict = WRONG if WRONG in verdicts else RIGHT if right else FAILED
    failed = (one.outcome.says for one in attempts if one.verdict == FAILED and one.outcome.says)
    return Ability(name, len(attempts), right, verdict, next(failed, ""))


def gradient_ability(symbol: str, attempts: Sequence[Attempt]) -> Ability:
    """Judge one gradient by the problems on which it was returned."""
    given = [one for one in attempts if symbol in one.values]
    right = sum(symbol not in one.wrong for one in given)
    return Ability(symbol, len(given), right, RIGHT if right == len(given) else WRONG)


def ways_of_failing(attempts: Iterable[Attempt], verdict: str) -> Iterable[Failure]:
    """Yield each different way in which code gave no numbers, once: other sizes are no other way.

    What right code need not be able to do is left out.
    """
    ways: dict[tuple[int, str], list[Attempt]] = {}
    for one in attempts:
        needed = verdict != RIGHT or one.case.ability != NOT_NEEDED
        if one.verdict == FAILED and needed and not one.forgiven:
            kind = one.outcome.says.partition(":")[0] if one.outcome.line else one.outcome.says
            ways.setdefault((one.outcome.line, kind), []).append(one)
    for (line, _kind), those in ways.items():
        says = those[0].outcome.says or other_shape(those[0])
        yield Failure(says, line, len(those), tuple(dict.fromkeys(one.case.ability for one in those)))


def other_shape(one: Attempt) -> str:
    """Say which shape was returned instead of the right one."""
    for symbol in one.decisive:
        yours, right = one.values[symbol].shape, one.right[symbol].shape
        if yours != right:
            return _(
                "{symbol} is {yours}, and should be {expected}",
                symbol=symbol,
                yours=shape_text(yours),
                expected=shape_text(right),
            )
    return _("nothing that it returns is known here")


def masked_row(one: Attempt) -> str:
    """Say what became of the row in which everything is masked."""
    if "O" not in one.values or one.misshaped:
        return one.outcome.says
    hidden = one.case.hidden_row
    row, right = one.values["O"][hidden], one.right["O"][hidden]
    everywhere = np.ones(len(one.right["V"])) / len(one.right["V"]) @ one.right["V"]
    if "Wo" in one.right:
        everywhere = everywhere @ one.right["Wo"] + one.right.get("bo", 0.0)
    if np.isnan(row).all():
        return _("NaN")
    if close(row, right):
        return _("zeros")
    return _("uniform weights") if close(row, everywhere) else _("other numbers")


def named(found: Sequence[Found]) -> Iterable[Named]:
    """Write the explanations down, each beside the right formula."""
    from attncli.mistakes.catalogue import SENTENCES as SAYS  # noqa: PLC0415 - right code needs none of it

    for i, one in enumerate(found):
        for key, (done, right) in zip(one.keys, one.rows, strict=True):
            others = tuple(other.id for other in one.keys if other != key)
            says, count = _(SAYS[key.id]), one.explains
            yield Named(key.id, done.formula, right.formula, says, count, count, others, i > 0)


def example(wrong: Sequence[Attempt], found: Sequence[Found]) -> Example | None:
    """Return the smallest problem on which the code is wrong, with its numbers and the right ones."""
    if not wrong:
        return None
    seen = found[0].seen if found else min(wrong, key=lambda one: one.size)
    expected = {symbol: seen.right[symbol] for symbol in seen.values}
    return Example(seen.case.config, seen.values, expected, seen.case.ability)
