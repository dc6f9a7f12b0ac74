"""From the forward rows to the gradient rows, by the chain rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from attncli.ops.linear import ADD
from attncli.page.attention import EMBEDDINGS, Form, attention_rows, loss_rows
from attncli.page.page import Page, Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from attncli.ops.op import Gradient


def gradient_rows(forward: Sequence[Row]) -> list[Row]:
    """Derive ∂L/∂everything, in the order in which a person can work it out.

    Walks back from the loss. Rows that stand equally far from the givens (Q, K and V; their heads)
    are taken together, in the page's order. A quantity that feeds several rows gets one row a
    path, named after the row that the path goes through, and their sum: dX_Q, dX_K, dX_V, dX.

    Within one row's gradients the givens' come first, for they are finished, then those of the
    earliest rows: dV before dA, which has a long way to go. P counts as finished, because dO is
    worked out past it. The embeddings come last of all: every path ends there.
    """
    position = {row.symbol: i for i, row in enumerate(forward) if row.symbol != "P"}
    finished = -1
    paths_to = Counter(path.of for row in forward for path in paths_back(row))
    found: dict[str, list[tuple[str, Gradient]]] = defaultdict(list)
    rows: list[Row] = []
    for group in from_the_loss_back(forward):
        steps = [
            (path, row.symbol)
            for row in group
            for path in sorted(paths_back(row), key=lambda path: position.get(path.of, finished))
        ]
        for path, via in sorted(steps, key=lambda step: step[0].of in EMBEDDINGS):
            found[path.of].append((via, path))
            if len(found[path.of]) == paths_to[path.of]:
                rows += sum_of_paths(path.of, found[path.of])
    return rows


def paths_back(row: Row) -> list[Gradient]:
    """Tell which gradients the row passes on, and by which arithmetic."""
    return list(row.op.gradients(row.symbol, f"d{row.symbol}", *row.args))


def from_the_loss_back(forward: Sequence[Row]) -> Iterator[list[Row]]:
    """Group the rows by how far they stand from the givens, the farthest first."""
    depth: dict[str, int] = {}
    for row in forward:
        depth[row.symbol] = 1 + max(depth.get(symbol, 0) for symbol, _ in row.reads)

    def distance(row: Row) -> int:
        return -depth[row.symbol]

    for _, group in groupby(sorted(forward, key=distance), key=distance):
        yield list(group)


def sum_of_paths(of: str, paths: Sequence[tuple[str, Gradient]]) -> list[Row]:
    """Write the gradient of one quantity: a row a path and their sum, or just the one."""
    if len(paths) == 1:
        _, path = paths[0]
        return [Row(f"d{of}", path.op, path.args, of)]
    rows = [Row(f"d{of}_{via}", path.op, path.args, of, via) for via, path in paths]
    return [*rows, Row(f"d{of}", ADD, tuple(row.symbol for row in rows), of)]


def forward_page(form: Form, given: Collection[str]) -> Page:
    """Return the rows from the embeddings to the output, less those that are given or not needed then."""
    return Page(tuple(attention_rows(form))).without(given).needed_for(["O"])


@lru_cache(maxsize=256)
def whole_page(form: Form, given: frozenset[str], loss: str | None, *, mean: bool) -> Page:
    """Return every row of such a problem: forward, and with a loss backward as well."""
    forward = forward_page(form, given)
    if loss is None:
        return forward
    rows = (*forward.rows, *loss_rows(loss, mean=mean))
    return Page((*rows, *gradient_rows(rows)))
