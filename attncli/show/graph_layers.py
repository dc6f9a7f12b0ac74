"""Where the boxes of a drawn graph stand: in rows, the gradients beside what they are gradients of.

The forward pass goes down on the left, the gradients come back up on the right. Within each half an
edge that goes over several rows gets a place in every row that it passes, so that it never runs
through a box; the order in a row is that of the neighbours' mean place (barycenter).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.graph import Edge, Graph

SWEEPS = 12
APART = 22.0  # between two boxes of a row
LOOSE = 0.01  # the weight of an item that nothing pulls
NARROW = 8.0  # how much room an edge takes that only passes


@dataclass(frozen=True)
class Pass:
    """The place of an edge in a row that it only passes."""

    edge: Edge
    level: int


Item = str | Pass


def levels(graph: Graph) -> dict[str, int]:
    """Tell in which row each node stands: the longest way to it, counted from the top.

    A given stands over its first reader. Gradients begin beside the output and climb; one that is
    read stands just below its reader.
    """
    level: dict[str, int] = {}
    gradients = [node.symbol for node in graph.nodes if node.kind == "gradient"]
    sources: dict[str, list[str]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.flow != "reused":
            sources[edge.target].append(edge.source)
            targets[edge.source].append(edge.target)
    for node in graph.nodes:
        if node.kind == "forward":
            level[node.symbol] = 1 + max((level.get(source, 0) for source in sources[node.symbol]), default=0)
    for node in graph.nodes:
        if node.kind == "given":
            level[node.symbol] = min((level[target] for target in targets[node.symbol]), default=1) - 1
    start = level.get("O", max(level.values(), default=0))
    for symbol in gradients:
        level[symbol] = min((level[source] for source in sources[symbol]), default=start + 1) - 1
    for symbol in reversed(gradients):
        if targets[symbol]:
            level[symbol] = 1 + max(level[target] for target in targets[symbol])
    top = min(level.values(), default=0)
    return {symbol: number - top for symbol, number in level.items()}


@dataclass
class Half:
    """One half of the drawing: its rows in order, and the centre of everything in them."""

    rows: list[list[Item]]
    beside: Mapping[Item, list[Item]]
    widths: Mapping[Item, float]
    centre: dict[Item, float]

    @property
    def width(self) -> float:
        """How wide the half is."""
        return max(
            (self.centre[item] + self.widths[item] / 2 for row in self.rows for item in row), default=0
        )


def half(
    symbols: Sequence[str], edges: Sequence[Edge], level: Mapping[str, int], widths: Mapping[str, float]
) -> Half:
    """Arrange some of the nodes and the edges among them."""
    rows: list[list[Item]] = [[] for _ in range(1 + max(level.values(), default=0))]
    beside: dict[Item, list[Item]] = {symbol: [] for symbol in symbols}
    sizes: dict[Item, float] = {symbol: widths[symbol] for symbol in symbols}
    for symbol in symbols:
        rows[level[symbol]].append(symbol)
    for edge in edges:
        between = passes(edge, level)
        way: list[Item] = [edge.source, *between, edge.target]
        for item in between:
            beside[item], sizes[item] = [], NARROW
            rows[item.level].append(item)
        for one, other in pairwise(way):
            beside[one].append(other)
            beside[other].append(one)
    found = Half(rows, beside, sizes, {})
    order(found)
    place(found)
    return found


def passes(edge: Edge, level: Mapping[str, int]) -> list[Pass]:
    """Return the rows between an edge's ends, in the edge's direction."""
    first, last = level[edge.source], level[edge.target]
    step = 1 if last > first else -1
    return [Pass(edge, between) for between in range(first + step, last, step)]


def order(found: Half) -> None:
    """Sort each row by the mean place of its neighbours in the row before, downward and upward."""
    at: dict[Item, float] = {}

    def number(row: list[Item]) -> None:
        at.update((item, i - (len(row) - 1) / 2) for i, item in enumerate(row))

    for row in found.rows:
        number(row)
    for sweep in range(SWEEPS):
        rows = found.rows if sweep % 2 == 0 else found.rows[::-1]
        for before, row in pairwise(rows):
            near = set(before)
            means = {
                item: fmean([at[other] for other in found.beside[item] if other in near] or [at[item]])
                for item in row
            }
            row.sort(key=means.__getitem__)
            number(row)


def place(found: Half) -> None:
    """Move every item as near to its neighbours as its row allows: the least squares of all edges."""
    for row in found.rows:
        found.centre.update(zip(row, spread([(0.0, 1.0)] * len(row), gaps(found, row)), strict=True))
    for sweep in range(10 * SWEEPS):  # a long chain straightens slowly
        for row in found.rows if sweep % 2 == 0 else found.rows[::-1]:
            middle = fmean([found.centre[item] for item in row]) if row else 0.0
            wanted = []
            for item in row:
                near = [found.centre[other] for other in found.beside[item]]
                # What nothing pulls stays near the others of its row.
                wanted.append((fmean(near), float(len(near))) if near else (middle, LOOSE))
            found.centre.update(zip(row, spread(wanted, gaps(found, row)), strict=True))
    left = min((found.centre[item] - found.widths[item] / 2 for item in found.centre), default=0)
    for item in found.centre:
        found.centre[item] -= left


def gaps(found: Half, row: Sequence[Item]) -> list[float]:
    """Return the least distance between neighbouring centres."""
    return [(found.widths[a] + found.widths[b]) / 2 + APART for a, b in pairwise(row)]


def spread(wanted: Sequence[tuple[float, float]], apart: Sequence[float]) -> list[float]:
    """Return the places nearest to the wanted ones, in weighted squares, that are far enough apart.

    Less the distances that must be between them, the places only have to rise: pool the neighbours
    that do not, and give each pool its weighted mean.
    """
    offsets = list(accumulate(apart, initial=0.0))
    pools: list[tuple[float, float, int]] = []
    for (value, weight), offset in zip(wanted, offsets, strict=False):
        mean, size = value - offset, 1
        while pools and pools[-1][0] > mean:
            before, heavy, count = pools.pop()
            mean = (before * heavy + mean * weight) / (heavy + weight)
            weight, size = heavy + weight, count + size  # noqa: PLW2901 - the pool's own by now
        pools.append((mean, weight, size))
    places = [mean for mean, _, size in pools for _ in range(size)]
    return [value + offset for value, offset in zip(places, offsets, strict=False)]
