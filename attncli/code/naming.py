"""Which mistakes give the code's numbers: on every problem, and nothing else explains a problem better.

A mistake that would be the right thing on a problem says that the code is right there; one whose shapes do
not fit says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from attncli.code.judging import close, exactness
from attncli.code.report import FAILED, WRONG
from attncli.mistakes.catalogue import catalogue
from attncli.mistakes.consistent import consistent_page
from attncli.mistakes.dropout import DROPPED_OUTPUT, DROPPED_WEIGHTS, dropped_behind
from attncli.mistakes.entry import Place
from attncli.page.lazy import LazyPage
from attncli.problem.keys import BIASES, WEIGHTS

if TYPE_CHECKING:
    from attncli.code.judging import Attempt
    from attncli.mistakes.entry import Way
    from attncli.ops.op import Array
    from attncli.page.page import Page, Row


NEARLY = 1e-4  # of the largest number: what code may do and be right
EXPLAINS, AGREES, SILENT, CONTRADICTS = PREFERRED = ("explains", "agrees", "silent", "contradicts")
DRAWN = frozenset({DROPPED_OUTPUT, DROPPED_WEIGHTS})
MOST_PAIRS = 15_000  # that are tried: a count, so that a result can be repeated
DERIVED_PAIR = 5  # so many of them is one whose gradients are derived anew
ALL = "*"  # in every row where it can be made
NOT_OUTPUT = "-"  # in Q, K and V, but not in O

Rows = tuple["Row", ...]


class Key(NamedTuple):
    """One way of making a mistake, the same on every problem.

    ``where``: the job of its row, or ALL; ``derived``: the gradients follow what was done.
    """

    id: str
    way: Way
    where: str
    derived: bool


Keys = tuple[Key, ...]  # made together
Hiding = Callable[[str, "Array", "Numbers"], "Array"]  # of a symbol, its value and its page


class Numbers(LazyPage):
    """A page's values as code works them out: NaN and ∞ are results, and scores are hidden in its way."""

    hiding: Hiding | None = None

    def compute(self, row: Row, *, on_paper: bool = False) -> Array:  # noqa: ARG002 - code does not round
        """Work out any row from these values."""
        with np.errstate(all="ignore"):
            value = row.op.value(*row.operands(self))
            return self.hiding(row.symbol, value, self) if self.hiding else value

    def tried(self, row: Row, *, on_paper: bool = False) -> Array | None:
        """Work out a row; None where its shapes do not fit, or what it reads is not there."""
        try:
            return super().tried(row, on_paper=on_paper)
        except KeyError:
            return None

    def hidden_by(self, hiding: Hiding | None) -> Self:
        """Let scores be hidden in some way from now on."""
        self.hiding = hiding
        return self


# How code hides scores: by −∞, which leaves nothing, or NaN, of a row in which all are hidden; or by a large
# negative number, in the place of a score or added to it. To right code it is all the same.


def no_weights_left(symbol: str, value: Array, page: Numbers) -> Array:
    """Make NaN of the weights of a row in which all scores are −∞."""
    if symbol != "A":
        return value
    return np.where(np.isneginf(page["M"]).all(axis=-1, keepdims=True), np.nan, value)


def filled(symbol: str, value: Array, _page: Numbers) -> Array:
    """Write −10⁹ in the place of a hidden score."""
    return np.where(np.isneginf(value), -1e9, value) if symbol == "M" else value


def lowered(symbol: str, value: Array, page: Numbers) -> Array:
    """Add −10⁹ to a hidden score."""
    if symbol != "M":
        return value
    return np.where(np.isneginf(value), page[page.rows["M"].reads[0][0]] - 1e9, value)


def filled_throughout(symbol: str, value: Array, page: Numbers) -> Array:
    """Write −10⁹, and let a gradient through where that is: few go back through their own mask."""
    if "dM" in page.rows and symbol == f"d{page.rows['M'].reads[0][0]}":
        value = page["dM"]
    return filled(symbol, value, page)


WAYS_OF_HIDING: tuple[Hiding | None, ...] = (None, no_weights_left, filled, lowered, filled_throughout)


@dataclass(frozen=True)
class Evidence:
    """One problem that the code was tried on, with everything that may have been done there instead."""

    attempt: Attempt
    right: Numbers
    ways: Mapping[Key, Rows]
    pages: dict[Key, Numbers] = field(default_factory=dict)

    @classmethod
    def of(cls, attempt: Attempt, ids: Collection[str] | None = None) -> Evidence:
        """Write down the mistakes of one problem: those with these ids, or all."""
        setting = attempt.setting
        right = Numbers(setting.page, {**setting.given, **attempt.right})
        return cls(attempt, right, dict(ways(attempt, ids)))

    def values(self, keys: Keys, hiding: Hiding | None = None) -> dict[str, Array] | None:
        """Work out what mistakes make of the decisive quantities; None where their shapes do not fit.

        ``hiding``: how the code hides scores, where that is not plain −∞.
        """
        page = self.page(keys, hiding)
        found = {}
        if page is None:
            return None
        for symbol in self.attempt.decisive:
            if symbol not in page.rows:  # it no longer leads to the output
                found[symbol] = np.zeros_like(self.attempt.right[symbol])
            elif (value := page.tried(page.rows[symbol])) is not None:
                found[symbol] = value
            else:
                return None
        return found

    def page(self, keys: Keys, hiding: Hiding | None) -> Numbers | None:
        """Return the page with mistakes in it; None where nothing can be derived from them."""
        whole, hiding = self.attempt.setting.page, hiding if self.masked else None
        rows = [row for key in keys for row in self.ways.get(key, ())]
        if any(key.derived for key in keys) and not all(row.backward for row in rows):
            other = consistent_page(whole, rows)
            return Numbers(other, self.attempt.setting.given).hidden_by(hiding) if other else None
        if len(keys) > 1 and hiding is None:  # thousands of pairs go on from the page of their first mistake
            return with_rows(
                self.started(keys[0]), [row for key in keys[1:] for row in self.ways.get(key, ())]
            )
        return with_rows(self.right, rows, {"M"} if hiding else set()).hidden_by(hiding)

    def started(self, key: Key) -> Numbers:
        """Return the page with one mistake in it, worked out as far as it can be."""
        if key not in self.pages:
            page = self.pages[key] = with_rows(self.right, self.ways.get(key, ()))
            for symbol in self.attempt.decisive:
                page.tried(page.rows[symbol])
        return self.pages[key]

    def partly(self, keys: Keys) -> bool:
        """Whether mistakes give one of the quantities that are wrong, if not all."""
        values = self.values(keys) or {}
        wrong = set(self.attempt.wrong) & values.keys()
        return any(close(self.attempt.values[symbol], values[symbol]) for symbol in wrong)

    def fits(self, keys: Keys, hiding: Hiding | None) -> bool:
        """Whether what was returned besides is what mistakes make of it."""
        page, values = self.page(keys, hiding), self.attempt.values
        return page is not None and all(
            symbol not in page.rows
            or (value := page.tried(page.rows[symbol])) is None
            or close(values[symbol], value)
            for symbol in values
        )

    @property
    def masked(self) -> bool:
        """Whether there is a mask."""
        return "M" in self.attempt.setting.page.row

    def says(self, keys: Keys, hiding: Hiding | None = None) -> str:
        """Tell what one problem says of mistakes.

        EXPLAINS: they give the code's wrong numbers; AGREES: they change nothing, and the code is right;
        SILENT: their shapes do not fit; CONTRADICTS: anything else.
        """
        attempt = self.attempt
        if not any(key in self.ways for key in keys):
            return CONTRADICTS if attempt.verdict == WRONG else AGREES
        if any(row.op in DRAWN for key in keys for row in self.ways.get(key, ())):
            return self.says_of_chance()
        values = self.values(keys, hiding)
        if values is None:
            fitting = attempt.verdict == WRONG and attempt.standard and not attempt.misshaped
            return CONTRADICTS if fitting else SILENT
        if attempt.overflowed:
            finite = all(np.isfinite(value).all() for value in values.values())
            return CONTRADICTS if finite else EXPLAINS
        if attempt.verdict == WRONG:
            same = all(close(attempt.values[symbol], value) for symbol, value in values.items())
            return EXPLAINS if same else CONTRADICTS
        same = all(
            close(value, attempt.right[symbol], max(NEARLY, exactness(attempt.values[symbol])))
            for symbol, value in values.items()
        )
        return AGREES if same else CONTRADICTS

    def says_of_chance(self) -> str:
        """Tell what one problem says of dropout, whose numbers cannot be worked out, but recognised."""
        attempt = self.attempt
        if attempt.verdict != WRONG:
            return AGREES
        if "O" not in attempt.values or attempt.backward:
            return CONTRADICTS
        output, known = attempt.values["O"], {**attempt.setting.given, "A": self.right["A"]}
        try:
            dropped = dropped_behind("O", output, attempt.setting.page, known, exactness(output))
        except ValueError:
            return SILENT
        return EXPLAINS if dropped and dropped.factor >= 1 else CONTRADICTS

    def best(self, choices: Iterable[Keys], hiding: Hiding | None) -> tuple[str, Keys]:
        """Return the most that one of several explanations has to say for itself."""
        said = [(self.says(keys, hiding), keys) for keys in choices]
        return min(said or [(self.says((), hiding), ())], key=lambda item: PREFERRED.index(item[0]))


@dataclass(frozen=True)
class Found:
    """An explanation: the problems that it explains, smallest first, and what was done on each of them."""

    parts: Sequence[tuple[Evidence, Keys]]
    hiding: Hiding | None

    @property
    def keys(self) -> Keys:
        """The mistakes."""
        every = {key.id: key for _, keys in reversed(self.parts) for key in keys}
        return tuple(every.values())

    @property
    def rows(self) -> tuple[tuple[Row, Row], ...]:
        """The first row of each, as it is written where it is first seen, and the right one there."""
        seen = {
            key.id: (row, one.attempt.setting.page.row[row.symbol])
            for one, keys in reversed(self.parts)
            for key in keys
            for row in one.ways.get(key, ())[:1]
        }
        return tuple(seen[key.id] for key in self.keys)

    @property
    def explains(self) -> int:
        """How many problems they explain: all on which they differ from what is right."""
        return len(self.parts)

    @property
    def seen(self) -> Attempt:
        """The smallest of these problems; if there is one, of those that have all that was done otherwise."""
        symbols = {row.symbol for row, _right in self.rows}
        attempts = [one.attempt for one, _ in self.parts]
        return next((one for one in attempts if symbols <= {*one.setting.page.row}), attempts[0])

    def fits(self) -> bool:
        """Whether all that was returned besides is explained as well."""
        return all(one.fits(keys, self.hiding) for one, keys in self.parts)


def explanations(attempts: Sequence[Attempt], *, pairs: bool) -> list[Found]:
    """Find the mistakes that explain every problem on which the code is wrong, and are right elsewhere.

    ``pairs``: two at a time. A mistake is made in the same way everywhere; where none is, in several ways.
    """
    judged = [attempt for attempt in attempts if attempt.verdict != FAILED]
    order = sorted(judged, key=lambda one: (one.verdict != WRONG, one.size))
    if not order or order[0].verdict != WRONG:
        return []
    first = Evidence.of(order[0])
    if pairs:
        evidence = [first, *map(Evidence.of, order[1:])]
        tried = [explained(keys, evidence) for keys in two_at_once(evidence)]
    else:
        keys = [key for key in first.ways if possible((key,), first)]
        ids = dict.fromkeys(key.id for key in keys)
        evidence = [first, *(Evidence.of(one, ids) for one in order[1:] if ids)]
        tried = [explained((key,), evidence) for key in keys]
        if not any(tried):
            tried = [explained(id_, evidence) for id_ in ids]
    found = [one for one in tried if one]
    best = max((one.explains for one in found), default=0)
    found = [one for one in found if one.explains == best]
    kept: dict[frozenset[str], Found] = {}  # those that fit what else was returned, where there are such
    for one in [one for one in found if one.fits()] or found:
        kept.setdefault(frozenset(key.id for key in one.keys), one)
    return list(kept.values())


def told_otherwise(id_: str, attempts: Sequence[Attempt]) -> list[Found]:
    """Explain every problem on which the code is wrong by a mistake that was seen in another way."""
    wrong = sorted((one for one in attempts if one.verdict == WRONG), key=lambda one: one.size)
    evidence = [Evidence.of(one, {id_}) for one in wrong]
    parts = [(one, (key,)) for one in evidence for key in list(one.ways)[:1]]
    return [Found(parts, None)] if parts else []


def possible(keys: Keys, evidence: Evidence) -> bool:
    """Whether one problem does not contradict mistakes, however scores are hidden."""
    return any(
        evidence.says(keys, hiding) != CONTRADICTS
        for hiding in (WAYS_OF_HIDING if evidence.masked else WAYS_OF_HIDING[:1])
    )


def explained(made: Keys | str, evidence: Sequence[Evidence]) -> Found | None:
    """Try mistakes on every problem, for each way of hiding scores.

    ``made``: they are made in the same way everywhere; or the id of one that is made in any way.
    """

    def choices(one: Evidence) -> list[Keys]:
        return [(key,) for key in one.ways if key.id == made] if isinstance(made, str) else [made]

    masked = any(one.masked for one in evidence)
    for hiding in WAYS_OF_HIDING if masked else WAYS_OF_HIDING[:1]:
        parts: list[tuple[Evidence, Keys]] = []
        for one in evidence:
            said, keys = one.best(choices(one), hiding)
            if said == CONTRADICTS:
                break
            if said == EXPLAINS:
                parts.append((one, keys))
        else:
            whole = {key.id for keys in choices(evidence[0]) for key in keys}
            seen = {key.id for one, keys in parts for key in keys if key in one.ways}
            if parts and whole == seen:
                return Found(parts, hiding)
    return None


def two_at_once(evidence: Sequence[Evidence]) -> Iterator[Keys]:
    """Go through pairs of mistakes that together explain the problem with the fewest of them.

    Where one mistake alone explains a problem, or one quantity of it, it is one of the two.
    """
    wrong = [one for one in evidence if one.attempt.verdict == WRONG]
    smallest = {one.attempt.case.ability: one for one in reversed(wrong)}.values()
    alone = min(
        ([key for key in one.ways if one.partly((key,))] for one in smallest),
        key=lambda keys: len(keys) or len(evidence[0].ways) ** 2,
    )
    others = dict.fromkeys(key for one in smallest for key in one.ways)
    pairs = ((key, other) for key in alone for other in others) if alone else combinations(others, 2)
    left = MOST_PAIRS
    for one, other in pairs:
        left -= DERIVED_PAIR if one.derived or other.derived else 1
        if left < 0:
            return
        if one.id != other.id and apart(one, other, wrong[0]) and possible((one, other), wrong[0]):
            yield one, other


def apart(one: Key, other: Key, evidence: Evidence) -> bool:
    """Whether two mistakes are made in different rows, and one page can hold the gradients of both."""
    rows = [evidence.ways.get(key, ()) for key in (one, other)]
    forward = [any(not row.backward for row in part) for part in rows]
    symbols = ({row.symbol for row in part} for part in rows)
    return (one.derived == other.derived or not all(forward)) and set.isdisjoint(*symbols)


# What may have been done on one problem


def ways(attempt: Attempt, ids: Collection[str] | None) -> Iterator[tuple[Key, Rows]]:
    """Yield every way of making every mistake on one problem, with the rows that it writes."""
    setting = attempt.setting
    page = setting.page
    place = Place(page, setting.problem.sizes)
    groups: dict[tuple[str, Way], dict[str, Rows]] = defaultdict(dict)
    known = frozenset(setting.given) | page.row.keys()
    for mistake in catalogue(page, known, setting.problem.sizes, ids=ids):
        where = "+".join(label(row, page, place) for row in mistake.rows)
        groups[mistake.id, mistake.way][where] = mistake.rows
    for (id_, way), made in groups.items():
        together = {where: rows for where, rows in made.items() if len(rows) == 1}
        if len(together) > 1:
            made[ALL] = tuple(row for rows in together.values() for row in rows)
            if "O" in together:
                made[NOT_OUTPUT] = tuple(row for at, rows in together.items() for row in rows if at != "O")
        for where, rows in made.items():
            forward = not all(row.backward for row in rows)
            for derived in (False, True) if attempt.backward and forward else (False,):
                yield Key(id_, way, where, derived), rows


def label(row: Row, page: Page, place: Place) -> str:
    """Tell where a mistake is made, in a word that is the same on every page."""
    right = page.row[row.symbol]
    job = place.job(right).partition("|")[0]
    if job == "path":
        return f"path {right.args[-1]}"
    return row.symbol if right.of in (*WEIGHTS, *BIASES) else job or row.symbol


def with_rows(page: Numbers, rows: Iterable[Row], others: Collection[str] = ()) -> Numbers:
    """Return a page with rows in the place of its own; what depends on them, or on others, is forgotten."""
    page = page.changed(rows, ())
    gone = {*others, *(row.symbol for row in rows)}
    for symbol, row in page.rows.items():
        if symbol in gone or any(read in gone for read, _ in row.reads):
            gone.add(symbol)
            page.pop(symbol, None)
    return page
