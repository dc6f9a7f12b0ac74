"""What trying somebody's code gives: what it can do, what was done instead, and a problem that shows it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.language import N_, _, either, plural
from attncli.names import cell_name
from attncli.page.tables import html_table, number_text, text_table
from attncli.result import SCHEMA, plain
from attncli.untrusted import in_markup, sanitize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.ops.op import Array

RIGHT, WRONG, FAILED, NOT_TAKEN = "right", "wrong", "failed", "not-taken"
WORDS = {RIGHT: N_("right"), WRONG: N_("wrong"), FAILED: N_("failed"), NOT_TAKEN: N_("not taken")}
SIGNS = {RIGHT: "✓", WRONG: "✗", FAILED: "✗", NOT_TAKEN: "–"}
ABILITIES = {
    "one-head": N_("one head"),
    "several-heads": N_("several heads"),
    "wo": N_("output weights Wo"),
    "biases": N_("biases"),
    "causal": N_("causal mask"),
    "padding": N_("padding mask"),
    "dv": N_("d_v ≠ d_k"),
    "cross": N_("cross-attention"),
    "large-scores": N_("very large scores"),
    "masked-row": N_("a wholly masked row"),
}
MASKED_ROW = "masked-row"
EXAMPLE_FILE = "example.yaml"
DECIMALS, MOST_DECIMALS = 4, 15
# How far off a right number may be, relative to the largest of its matrix: as exact as its type allows.
EXACTNESS = {np.dtype(np.float16): 1e-2, np.dtype(np.float32): 1e-4}
EXACT = 1e-7
HIDDEN = -1e9  # what code has in place of −∞
HEADED = 3  # axes of a quantity that has heads


class Said(NamedTuple):
    """A line for a person; ``inset``: it belongs to the one above it, ``command``: it is to be typed.

    ``parts`` are those in which it is to be broken where there is no room for all of it.
    """

    text: str
    inset: bool = False
    loud: bool = False
    command: bool = False
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ability:
    """What code may be able to do, and on how many of its problems it was right."""

    name: str
    problems: int
    right: int
    verdict: str
    says: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the record."""
        return {name: value for name, value in vars(self).items() if value != ""}


@dataclass(frozen=True)
class Failure:
    """One way in which the code gave no numbers: what it said, in which ``line`` (0: none), and on what."""

    says: str
    line: int
    problems: int
    abilities: tuple[str, ...]

    def __str__(self) -> str:
        """The line and what happened there."""
        return _("line {number}: {says}", number=self.line, says=self.says) if self.line else self.says

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the record."""
        return {**vars(self), "abilities": list(self.abilities)}


@dataclass(frozen=True)
class Named:
    """A mistake of the catalogue that explains the code's numbers: its formula beside the ``right`` one.

    It gives the code's numbers on ``explains`` of the ``could_show`` problems on which it differs from
    what is right. ``together`` are the ids of those that were made besides; ``same``: it gives exactly the
    same numbers as the one before it.
    """

    id: str
    formula: str
    right: str
    says: str
    explains: int
    could_show: int
    together: tuple[str, ...] = ()
    same: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the record."""
        return {
            "id": self.id,
            "formula": self.formula,
            "says": self.says,
            "explains": self.explains,
            "could_show": self.could_show,
            **({"with": list(self.together)} if self.together else {}),
            "right": self.right,
            **({"same": True} if self.same else {}),
        }


class Side(NamedTuple):
    """One of two matrices that stand beside each other; ``off``: which of its numbers are wrong."""

    title: str
    values: NDArray[Any]
    off: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Example:
    """A problem on which the code is wrong, as a config, with its numbers and the right ones by symbol."""

    config: Mapping[str, Any]
    yours: Mapping[str, Array]
    expected: Mapping[str, Array]
    ability: str

    def to_dict(self) -> dict[str, Any]:
        """Return its part of the record."""
        return {name: in_json(value) for name, value in vars(self).items()}

    @property
    def wrong(self) -> list[str]:
        """The quantities in which a number is wrong, in the order in which they were worked out."""
        return [symbol for symbol in self.expected if symbol in self.yours and self.off(symbol).any()]

    def off(self, symbol: str) -> NDArray[np.bool_]:
        """Tell which of the code's numbers are wrong: all of them, where they have another shape."""
        yours, expected = np.asarray(self.yours[symbol]), np.asarray(self.expected[symbol])
        return differ(yours, expected) if yours.shape == expected.shape else np.ones(yours.shape, np.bool_)

    def sides(self, symbol: str) -> tuple[Side, Side]:
        """Return the code's numbers and the right ones; of a quantity with heads, those of a wrong one."""
        yours, expected, off = self.yours[symbol], self.expected[symbol], self.off(symbol)
        head = int(np.argwhere(off)[0][0]) if off.ndim == HEADED and off.any() else None
        title = "" if head is None else f", {_('head {number}', number=head + 1)}"
        signs = off if yours.shape == expected.shape else np.zeros_like(off)  # another shape is said
        right = np.zeros(expected.shape, np.bool_)
        return (
            Side(f"{_('yours')}{title}", flat(yours, head), flat(signs, head)),
            Side(f"{_('expected')}{title}", flat(expected, head), flat(right, head)),
        )

    def decimals(self, symbol: str) -> int:
        """Return how many decimals it takes to see that wrong numbers are wrong: four, or more."""
        yours, expected, off = self.yours[symbol], self.expected[symbol], self.off(symbol)
        if np.shape(yours) != np.shape(expected) or not off.any():
            return DECIMALS
        distance = np.abs(np.asarray(yours, np.float64) - expected)[off]
        seen = distance[np.isfinite(distance)]
        fine = (n for n in range(DECIMALS, MOST_DECIMALS) if (seen >= 10.0**-n).all())
        return next(fine, MOST_DECIMALS)


@dataclass(frozen=True, eq=False)
class Report:
    """What became of one function: the verdict, a line an ability, and the mistakes that explain it.

    ``first_wrong`` is the first quantity that is wrong, where that is known; ``convention`` says what is
    otherwise than usual where the code was judged by another convention.
    """

    file: str
    name: str
    pass_: str
    verdict: str
    problems: int
    right: int
    abilities: tuple[Ability, ...]
    mistakes: tuple[Named, ...]
    first_wrong: str | None
    convention: str | None
    example: Example | None
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what ``test --json`` prints."""
        return {
            "schema": SCHEMA,
            "file": self.file,
            "name": self.name,
            "pass": self.pass_,
            "verdict": self.verdict,
            "problems": self.problems,
            "right": self.right,
            "abilities": [ability.to_dict() for ability in self.abilities],
            "mistakes": [mistake.to_dict() for mistake in self.mistakes],
            "first_wrong": self.first_wrong,
            "convention": self.convention,
            "example": self.example and self.example.to_dict(),
            **({"failures": [failure.to_dict() for failure in self.failures]} if self.failures else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    @property
    def heading(self) -> str:
        """The verdict, and what was found, on one line."""
        return f"{', '.join(filter(None, (self.file, self.name)))}: {self.finding}"

    @property
    def finding(self) -> str:
        """The verdict, and what was found."""
        verdict = _(WORDS[self.verdict])
        if self.verdict == RIGHT:
            return _("right, where {convention}", convention=self.convention) if self.convention else verdict
        found = either(dict.fromkeys(map(ids_of, self.alternatives))) if self.mistakes else ""
        if self.verdict == FAILED and self.failures and not self.right:
            found = str(self.failures[0])
        elif self.only_fails:
            failed = [one.name for one in self.abilities if self.judged(one) == FAILED]
            found = _("it fails on {names}", names=titles(failed))
        return f"{verdict}: {found}" if found else verdict

    @property
    def only_fails(self) -> bool:
        """Whether all numbers that it gives are right."""
        return bool(self.failures) and WRONG not in map(self.judged, self.abilities)

    def judged(self, ability: Ability) -> str:
        """Return the verdict as it is shown: what right code may do, or leave, is no fault."""
        optional = ability.name == MASKED_ROW or (self.verdict == RIGHT and ability.verdict == FAILED)
        return NOT_TAKEN if optional else ability.verdict

    @property
    def alternatives(self) -> list[list[Named]]:
        """The mistakes, those that were made together in one group."""
        groups: list[list[Named]] = []
        for mistake in self.mistakes:
            if groups and len(groups[-1]) <= len(groups[-1][0].together):
                groups[-1].append(mistake)
            else:
                groups.append([mistake])
        return groups

    @property
    def table(self) -> list[list[str]]:
        """A line an ability, below the headings."""
        lines = [[_("ability"), _("verdict"), _("right problems")]]
        for one in self.abilities:
            verdict = self.judged(one)
            word = _(WORDS[verdict])
            if one.name == MASKED_ROW and one.problems:
                word = _(WORDS[FAILED]) if one.verdict == FAILED else one.says or word
            count = _("{count} of {total}", count=one.right, total=one.problems)
            lines.append(
                [titles([one.name]), f"{SIGNS[verdict]} {word}", "" if verdict == NOT_TAKEN else count]
            )
        return lines

    @property
    def findings(self) -> Iterator[Said]:
        """What seems to have been done, or what is known where nothing explains it."""
        for i, group in enumerate(self.alternatives):
            yield Said("")
            names = ids_of(group)
            if not i:
                title = _("What seems to have been done: {id}", id=names)
            elif group[0].same:
                title = _("Gives the same numbers: {id}", id=names)
            else:
                title = _("Or: {id}", id=names)
            yield Said(title, loud=True)
            yield from explained(group)
        if len(self.failures) > (self.verdict == FAILED and not self.right):  # one alone is in the heading
            for failure in self.failures:
                yield Said("")
                names = titles(failure.abilities)
                if self.verdict == RIGHT or failure.abilities == (MASKED_ROW,):
                    yield Said(_("Where it fails, which decides nothing: {names}", names=names))
                else:
                    yield Said(_("It fails on {names}:", names=names), loud=True)
                yield Said(str(failure), inset=True)
        if self.verdict == WRONG and not self.mistakes and not self.only_fails:
            yield from self.unexplained
        if self.convention and self.verdict != RIGHT:
            yield Said("")
            yield Said(_("Judged by this convention: {convention}", convention=self.convention))

    @property
    def unexplained(self) -> Iterator[Said]:
        """What is known where no known mistake gives the code's numbers."""
        yield Said("")
        yield Said(_("This is not among the mistakes known here."), loud=True)
        if self.first_wrong:
            yield Said(_("The first wrong quantity: {symbol}", symbol=self.first_wrong), inset=True)
        able = [ability.name for ability in self.abilities if self.judged(ability) == RIGHT]
        if able:
            yield Said(_("What is right: {names}", names=titles(able)), inset=True)

    @property
    def shown(self) -> str | None:
        """The quantity of the example that is shown: the first one that is wrong."""
        if self.example is None:
            return None
        wrong = self.example.wrong
        return self.first_wrong if self.first_wrong in wrong else next(iter(wrong), None)

    @property
    def example_heading(self) -> Iterator[Said]:
        """Say what the example is, which of its quantities is shown, and what else is wrong in it."""
        if self.example is None or self.shown is None:
            return
        yield Said("")
        yield Said(
            _(
                "The smallest problem that shows it ({ability}), {symbol}:",
                ability=titles([self.example.ability]),
                symbol=self.shown,
            ),
            loud=True,
        )
        yours, expected = (part[self.shown].shape for part in (self.example.yours, self.example.expected))
        if yours != expected:
            shapes = {"yours": shape_text(yours), "expected": shape_text(expected)}
            yield Said(_("Its shape is {yours}, and should be {expected}.", **shapes), inset=True)
        others = [symbol for symbol in self.example.wrong if symbol != self.shown]
        if others:
            yield Said(_("Also wrong: {names}", names=", ".join(others)), inset=True)

    def way_on(self, written: str | None = None) -> Iterator[Said]:
        """How to go on with the example: write it as a config, and look where its numbers come from.

        ``written`` is the file in which it is, or will be.
        """
        named = self.name.replace(".", "").isidentifier()
        if self.example is None or not (written or (self.file.endswith(".py") and named)):
            return
        yield Said("")
        yield Said(_("To go on with this problem:"))
        file = shlex.quote(written or EXAMPLE_FILE)
        if not written:
            source = shlex.quote(f"{self.file}:{self.name}")
            yield Said(f"attncli test {source} --example {file}", inset=True, command=True)
        cells = " ".join(map(shlex.quote, dict.fromkeys(self.where_to_look)))
        yield Said(f"attncli explain -c {file} {cells}", inset=True, command=True)

    @property
    def where_to_look(self) -> Iterator[str]:
        """The quantities that were worked out otherwise, and the first wrong cell."""
        for mistake in self.alternatives[0] if self.mistakes else ():
            symbol = mistake.right.partition(" = ")[0]
            if symbol.isidentifier():
                yield symbol
        if self.example and self.shown:
            off = self.example.off(self.shown)
            shape = np.shape(self.example.expected[self.shown])
            index = tuple(np.argwhere(off)[0].tolist()) if off.shape == shape else (0,) * len(shape)
            yield cell_name(self.shown, index, [None] * len(index))

    def __str__(self) -> str:
        """The whole report as plain text."""
        parts = [sanitize(self.heading), "", text_table(self.table), *map(line_of, self.findings)]
        if self.example and self.shown:
            parts += map(line_of, self.example_heading)
            parts += beside(self.example, self.shown)
        parts += map(line_of, self.way_on())
        parts += ["", *(sanitize(f"{_('note')}: {note}") for note in self.notes)] if self.notes else []
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        table = html_table(self.table, self.heading)
        said = (in_markup(line.text) for line in self.findings if line.text)
        return table + "".join(f"<p>{text}</p>" for text in said)


def line_of(said: Said) -> str:
    """Write a line without anything that a terminal would obey."""
    return ("  " if said.inset else "") + sanitize(said.text)


def titles(names: Iterable[str]) -> str:
    """Name abilities, each once; a gradient is called by its symbol."""
    return ", ".join(dict.fromkeys(_(ABILITIES.get(name, name)) for name in names))


def ids_of(group: Iterable[Named]) -> str:
    """Name mistakes that were made together, each once."""
    return " + ".join(dict.fromkeys(mistake.id for mistake in group))


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape: ``3 × 4``; that of a number is 1."""
    return " × ".join(map(str, shape)) or "1"


def explained(group: Sequence[Named]) -> Iterator[Said]:
    """Put what was computed beside what is right, and say how much of what was seen that explains."""
    for i, mistake in enumerate(group):
        yield Said(
            _("{formula}   instead of   {right}", formula=mistake.formula, right=mistake.right),
            inset=True,
            parts=(mistake.formula, _("instead of {right}", right=mistake.right)),
        )
        if mistake.says not in {after.says for after in group[i + 1 :]}:
            yield Said(mistake.says, inset=True)
    if not group[0].same:
        counted = plural(
            "It gives the same numbers on {count} of {n} problem that could show it.",
            "It gives the same numbers on {count} of {n} problems that could show it.",
            group[0].could_show,
            count=group[0].explains,
        )
        yield Said(counted, inset=True)


def differ(yours: Array, expected: Array) -> NDArray[np.bool_]:
    """Tell where numbers are further from the right ones than rounding explains.

    A large negative number will do for −∞.
    """
    exact = EXACTNESS.get(yours.dtype, EXACT)
    values, right = np.asarray(yours, np.float64), np.asarray(expected, np.float64)
    room = exact * np.max(np.abs(right), where=np.isfinite(right), initial=0.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(values - right) <= room
    good: NDArray[np.bool_] = near | (values == right) | (np.isneginf(right) & (values <= HIDDEN))
    return ~good


def flat(values: NDArray[Any], head: int | None) -> NDArray[Any]:
    """Return numbers as rows and columns: of those with heads the chosen one."""
    chosen = values[head] if head is not None and values.ndim == HEADED and head < len(values) else values
    return np.reshape(chosen, (-1, np.shape(chosen)[-1] if np.ndim(chosen) else 1))


def beside(example: Example, symbol: str) -> list[str]:
    """Write the code's numbers beside the right ones as text; the wrong ones carry a sign."""
    decimals, sides = example.decimals(symbol), []
    for title, values, off in example.sides(symbol):
        cells = [
            [("✗" if sign else "") + text_of(x, decimals) for x, sign in zip(row, signs, strict=True)]
            for row, signs in zip(values.tolist(), off.tolist(), strict=True)
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        sides.append([title, *("  ".join(map(str.rjust, row, widths)) for row in cells)])
    widths = [max(map(len, lines), default=0) for lines in sides]
    return [
        "  " + "   ".join(map(str.ljust, row, widths)).rstrip() for row in zip_longest(*sides, fillvalue="")
    ]


def text_of(number: float, decimals: int) -> str:
    """Write a number; NaN is none that was left out, as elsewhere, but what code computed."""
    return "NaN" if np.isnan(number) else number_text(number, decimals)


def in_json(value: Any) -> Any:  # noqa: ANN401 - whatever a config holds
    """Return mappings, lists and arrays as strict JSON has them: NaN and ∞ are words."""
    if isinstance(value, Mapping):
        return {key: in_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_json(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(np.asarray(value, np.float64))
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
