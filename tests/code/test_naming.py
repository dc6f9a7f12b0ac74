"""Mistakes in code are named by their numbers: each that code can make, in code made from the page."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest

from attncli.code import naming
from attncli.code.naming import Key, explanations
from attncli.code.problems import PROBLEMS, Sizes, can_take, case, cases
from attncli.code.report import WRONG
from attncli.code.trial import decisive
from tests.support.generated import FORMS, Generated

LEAST = 25  # mistakes of each form
SHARE = {"dict": 3, "gradients": 6, "gradients of queries": 3}  # one of so many: there each takes long


@cache
def generated(form: str) -> Generated:
    return Generated(FORMS[form])


@pytest.fixture(autouse=True)
def _ways_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each problem's mistakes are the same for every function."""
    written = cached_ways()
    monkeypatch.setattr(naming, "ways", written)


@cache
def cached_ways():
    known, plain = {}, naming.ways

    def ways(attempt, _ids=None):
        key = (attempt.case.sizes, tuple(attempt.case.config), attempt.backward)
        if key not in known:
            known[key] = list(plain(attempt, None))
        return known[key]

    return ways


def first_ways(keys: list[Key]) -> list[Key]:
    """Each mistake in the first way in which it is made, and with the gradients that follow from it."""
    found: dict[tuple[str, bool], Key] = {}
    for key in keys:
        found.setdefault((key.id, key.derived), key)
    return list(found.values())


@pytest.mark.parametrize("form", FORMS)
def test_every_mistake_that_code_can_make_is_named(form: str) -> None:
    code, total, alone, missed = generated(form), 0, 0, []
    keys = first_ways(code.keys)
    for key in keys[:: SHARE.get(form, 1)]:
        attempts = decisive(code.attempts(key))
        if not any(one.verdict == WRONG for one in attempts):
            continue  # it gives the right numbers, or none
        total += 1
        found = [one.keys[0] for one in explanations(attempts, pairs=False)]
        missed += [key] * (key.id not in {other.id for other in found})
        alone += {other.id for other in found} == {key.id}
    assert not missed
    assert total > LEAST
    assert alone >= 0.7 * total  # the others give the same numbers wherever their shapes fit


@pytest.mark.parametrize("form", FORMS)
def test_mistakes_that_can_be_told_apart_are_told_apart(form: str) -> None:
    code = generated(form)
    groups = together(code)
    # Where even these give the same numbers, no problem can tell.
    others = [Generated(FORMS[form], cases(FORMS[form].asked, seed)) for seed in (1, 2)]
    larger = [replace_sizes(sizes) for sizes in PROBLEMS]
    others.append(
        Generated(
            FORMS[form],
            (
                case(FORMS[form].asked, sizes, np.random.RandomState(5))
                for sizes in larger
                if can_take(FORMS[form].asked, sizes)
            ),
        )
    )
    for group in groups:
        for one, other in combinations(group, 2):
            if one.id != other.id and code.alike(one, other):
                apart = [not another.alike(one, other) for another in others]
                assert not any(apart), (one, other)


def replace_sizes(sizes: Sizes) -> Sizes:
    """The same problem with one token more, where its embeddings may have any size."""
    return sizes if sizes.mask == "row" or sizes.ability == "large-scores" else sizes._replace(n=sizes.n + 1)


def together(code: Generated) -> list[list[Key]]:
    """The mistakes in groups that give the same numbers on every problem."""
    groups: list[list[Key]] = []
    for key in code.keys:
        group = next((group for group in groups if code.alike(group[0], key)), None)
        if group is None:
            groups.append([key])
        else:
            group.append(key)
    return groups
