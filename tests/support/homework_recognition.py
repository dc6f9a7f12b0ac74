"""How often right sheets get full marks, and how often what was done wrong is named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple

from attncli.homework.key import Key
from attncli.homework.marks import Mark
from attncli.mistakes.catalogue import Mistake
from tests.support.homework_problems import keys, seeded
from tests.support.homework_sheets import FINAL, HALVES, Hand, differ, is_slip, marked, named, shows, worked


class Honest(NamedTuple):
    """What became of a right sheet that was rounded at every step."""

    problem: int
    hand: Hand
    full: bool
    accused: set[str]


class Trial(NamedTuple):
    """A sheet with mistakes: which were made, and what was found; None where they cannot be seen."""

    problem: int
    made: tuple[Mistake, ...]
    found: set[str] | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of what was made."""
        return tuple(mistake.id for mistake in self.made)

    @property
    def named(self) -> bool:
        """Whether all of it was named."""
        return self.found is not None and self.found.issuperset(self.ids)

    @property
    def alone(self) -> bool:
        """Whether no other mistake of the catalogue was named."""
        return self.named and not any(id_ not in self.ids and not is_slip(id_) for id_ in self.found or ())


def honest(seed: int, problems: int, decimals: int) -> Iterator[Honest]:
    """Hand in right sheets: halves up and to even, with and without the zeros at the end."""
    for i, key in enumerate(islice(keys(seed), problems)):
        for half in HALVES:
            for short in (False, True):
                hand = Hand(decimals, half, yaml=i % 4 == 0, short=short)
                mark = marked(key, hand, worked(key, hand))
                yield Honest(i, hand, has_full_marks(mark), named(mark))


def has_full_marks(mark: Mark) -> bool:
    """Whether everything is right and everything counts."""
    return str(mark.verdict) == "correct" and mark.score == mark.max_score > 0


def single(seed: int, problems: int, decimals: int, each: int) -> Iterator[Trial]:
    """Hand in sheets with one mistake, each of the catalogue's so many times at most."""
    random, made = seeded(seed), Counter[str]()
    for i, key in enumerate(islice(keys(seed), problems)):
        for id_, variants in by_id(key).items():
            if made[id_] < each:
                trial = try_out(i, key, draw(random, decimals), (random.choice(variants),))
                made[id_] += trial.found is not None
                yield trial


def double(seed: int, problems: int, decimals: int, each: int) -> Iterator[Trial]:
    """Hand in sheets with two mistakes that are met on paper, in different rows, so many a problem."""
    random = seeded(seed)
    for i, key in enumerate(islice(keys(seed), problems)):
        variants = on_paper(key)
        for _ in range(each):
            made = tuple(random.choice(variants[id_]) for id_ in random.sample(sorted(variants), 2))
            if not {row.symbol for row in made[0].rows} & {row.symbol for row in made[1].rows}:
                yield try_out(i, key, draw(random, decimals), made)


def final(seed: int, problems: int, decimals: int, each: int) -> Iterator[Trial]:
    """Hand in the loss and the gradients that were asked for, and nothing else; one mistake behind them."""
    random, made = seeded(seed), Counter[str]()
    for i, key in enumerate(islice(keys(seed), problems)):
        for id_, variants in on_paper(key).items():
            if made[id_] < each:
                mistake, hand = random.choice(variants), draw(random, decimals)
                right, values = worked(key, hand), worked(key, hand, (mistake,))
                found = None
                if any(differ(values[name], right[name]) for name in FINAL if name in values):
                    found = named(marked(key, hand, values, FINAL))
                    made[id_] += 1
                yield Trial(i, (mistake,), found)


def try_out(problem: int, key: Key, hand: Hand, made: tuple[Mistake, ...]) -> Trial:
    """Hand a whole sheet in, if each of its mistakes shows in the row in which it was made."""
    values = worked(key, hand, made)
    if not all(shows(key, hand, values, mistake) for mistake in made):
        return Trial(problem, made, None)
    return Trial(problem, made, named(marked(key, hand, values)))


def by_id(key: Key) -> dict[str, list[Mistake]]:
    """Gather the mistakes that can be told on a problem by their names: one may be made in several rows."""
    found: dict[str, list[Mistake]] = defaultdict(list)
    for mistake in dict.fromkeys(mistake for row in key.mistakes.values() for mistake in row):
        found[mistake.id].append(mistake)
    return found


def on_paper(key: Key) -> dict[str, list[Mistake]]:
    """Gather those that are met on paper: the others are looked for only alone, and where they stand."""
    found = {id_: [one for one in ways if not one.code] for id_, ways in by_id(key).items()}
    return {id_: ways for id_, ways in found.items() if ways}


def draw(random: Random, decimals: int) -> Hand:
    """Draw how somebody writes."""
    return Hand(decimals, random.choice(HALVES), yaml=random.random() < 0.25)


def share(trials: Sequence[Trial], what: str) -> float:
    """Return the share of sheets that are ``named`` or ``alone``, each mistake counting the same."""
    of: dict[str, list[bool]] = defaultdict(list)
    for trial in trials:
        if trial.found is not None:
            for id_ in trial.ids:
                of[id_].append(getattr(trial, what))
    return sum(sum(one) / len(one) for one in of.values()) / len(of)


def failures(trials: Sequence[Trial], what: str) -> list[tuple[tuple[str, ...], int, int, Trial]]:
    """List what is not always ``named`` or ``alone``: how often, of how many, and one of them."""
    seen = [trial for trial in trials if trial.found is not None]
    counts = Counter(trial.ids for trial in seen)
    failed = [trial for trial in seen if not getattr(trial, what)]
    first = {trial.ids: trial for trial in reversed(failed)}
    return [
        (ids, count, counts[ids], first[ids]) for ids, count in Counter(t.ids for t in failed).most_common()
    ]
