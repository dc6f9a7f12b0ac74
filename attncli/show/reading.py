"""What to read off the attention weights: for each token, the word that it looks at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _
from attncli.show.digits import aligned, texts
from attncli.show.views import DOWN, SAME, View, flush
from attncli.show.words import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.ops.op import Array
    from attncli.result import Result
    from attncli.show.views import Looks

NOTHING = "–"
DECIMALS = 2
RANKS = 2  # looked at most, and then


def reading(result: Result, looks: Looks, *, head: int | None) -> View:
    """Return a table of words: the one looked at most, and for a single head the next one too."""
    n, m = result["A"].shape[-2:]
    weights = result["A"].reshape(-1, n, m)
    heads = range(len(weights)) if head is None else [head - 1]
    places = looks.places(n)
    titles, columns = [], []
    for h in heads:
        ranks = [ranked(weights[h, i]) if i >= 0 else [] for i in places]
        for rank in range(RANKS if len(heads) == 1 else 1):
            title = (
                (_("looks most at"), _("then at"))[rank]
                if len(heads) == 1
                else _("head {number}", number=h + 1)
            )
            column = flush([looks.terminal.fit(title), *said(ranks, rank, places, result, looks)], left=True)
            titles.append(column[0])
            columns.append(column[1:])
    return View(
        rows=flush(looks.names(result.problem.tokens, places), left=True),
        columns=titles,
        cells=[list(line) for line in zip(*columns, strict=True)],
    )


def ranked(weights: Array) -> list[tuple[float, list[int]]]:
    """Group the places of a row by weight: the heaviest two groups; weights of 0 are left out."""
    groups: list[tuple[float, list[int]]] = []
    for j in np.argsort(-weights, kind="stable").tolist():
        weight = float(weights[j])
        if groups and groups[-1][0] - weight <= SAME:
            groups[-1][1].append(j)
        elif weight > 0 and len(groups) < RANKS:
            groups.append((weight, [j]))
        else:
            break
    return groups


def said(
    ranks: Sequence[list[tuple[float, list[int]]]],
    rank: int,
    places: Sequence[int],
    result: Result,
    looks: Looks,
) -> list[str]:
    """Name, for each token, the word or words at one rank, and how much each is looked at."""
    groups = [found[rank] if rank < len(found) else None for found in ranks]
    names = flush(
        [
            looks.cell(DOWN if i < 0 else NOTHING) if group is None else named(group[1], result, looks)
            for i, group in zip(places, groups, strict=True)
        ],
        left=True,
    )
    weights = np.array([group[0] for group in groups if group]).reshape(-1, 1)
    texts_of = texts(weights, DECIMALS, scientific=False)
    numbers = aligned([next(texts_of) if group else "" for group in groups])
    return [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]


def named(group: Sequence[int], result: Result, looks: Looks) -> str:
    """Name the words that are looked at alike: two of them where there is room, and how many more."""
    tokens = result.problem.key_tokens
    if len(group) == len(tokens) > 1:
        return looks.terminal.fit(_("all"))
    first, *others = looks.names(tokens, group[:2])
    if not others:
        return first
    both = f"{first} & {others[0]}" + (f" +{len(group) - 2}" if len(group) > 2 else "")  # noqa: PLR2004
    return both if columns_of(both) <= looks.terminal.width // 3 else f"{first} +{len(group) - 1}"
