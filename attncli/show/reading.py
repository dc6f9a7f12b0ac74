"""What to read off the attention weights: for each token, the word that it looks at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.show.digits import written
from attncli.show.views import GAP, SAME, View, named, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.calculation import Result
    from attncli.ops.op import Array

NOTHING = "–"


def reading(result: Result, *, head: int | None, decimals: int, full: bool, ascii_only: bool) -> View:
    """Return a table of words: the one looked at most, and for a single head the next one too."""
    n, m = result["A"].shape[-2:]
    weights = result["A"].reshape(-1, n, m)
    tokens = result.problem.key_tokens
    chosen = range(len(weights)) if head is None else [head - 1]
    places = shown(n, full=full)
    columns: list[list[str]] = []
    for h in chosen:
        best = [ranked(weights[h, i]) if i >= 0 else None for i in places]
        for rank in range(2 if len(chosen) == 1 else 1):
            column = [
                say(order, weights[h, i], rank, tokens, decimals, ascii_only=ascii_only)
                for i, order in zip(places, best, strict=True)
            ]
            columns.append([text.ljust(max(map(len, column))) for text in column])
    titles = ["looks most at", "then at"] if len(chosen) == 1 else [f"head {h + 1}" for h in chosen]
    return View(
        rows=named(result.problem.tokens, places, ascii_only=ascii_only),
        columns=titles,
        cells=[list(row) for row in zip(*columns, strict=True)],
    )


def ranked(weights: Array) -> list[list[int]]:
    """Group the places of a row by weight, the heaviest group first."""
    order = np.argsort(-weights, kind="stable").tolist()
    groups: list[list[int]] = []
    for j in order:
        if groups and weights[groups[-1][0]] - weights[j] <= SAME:
            groups[-1].append(j)
        else:
            groups.append([j])
    return groups


def say(
    order: list[list[int]] | None,
    weights: Array,
    rank: int,
    tokens: Sequence[str],
    decimals: int,
    *,
    ascii_only: bool,
) -> str:
    """Name the word or words at one rank, and how much each is looked at."""
    if order is None:
        return GAP
    if rank >= len(order) or weights[order[rank][0]] == 0:
        return NOTHING
    group = order[rank]
    if len(group) == len(tokens) and len(group) > 1:
        return "all alike"
    names = named(tokens, group[:2], ascii_only=ascii_only)
    more = f" +{len(group) - 2}" if len(group) > 2 else ""  # noqa: PLR2004
    return f"{' & '.join(names)}{more} {written(float(weights[group[0]]), decimals)}"
