"""From the forward rows to the gradient rows, by the chain rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from attncli.ops.linear import ADD
from attncli.page.attention import EMBEDDINGS, Form, attention_rows, in_order, loss_rows
from attncli.page.page import Page, Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from attncli.ops.op import Gradient


def gradient_rows(forward: Sequence[Row]) -> list[Row]:
    """Derive ∂L/∂everything, in the order in which a person can work it out.

    A quantity that feeds several rows gets one row a path, named after the row that the path goes
    through, and their sum: dX_Q, dX_K, dX_V, dX.
    """
    paths: dict[str, list[tuple[str, Gradient]]] = defaultdict(list)
    fixed = {row.symbol for row in forward if row.op.fixed}
    for row in forward:
        for path in row.op.gradients(row.symbol, f"d{row.symbol}", *row.args):
            if path.of not in fixed:
                paths[path.of].append((row.symbol, path))
    rows = [row for of, found in paths.items() for row in sum_of_paths(of, found)]
    return in_teaching_order(rows, forward)


def in_teaching_order(gradients: Iterable[Row], forward: Sequence[Row]) -> list[Row]:
    """Walk back from the loss: a gradient follows when the last row that its quantity feeds has its own.

    Rows that stand equally far from the givens (Q, K and V; their heads) are taken together, in the
    page's order. Within one row's gradients the givens' come first, for they are finished, then those of
    the earliest rows: dV before dA, which has a long way to go. The embeddings come last of all rows
    equally far: every path ends there.
    """
    position = {row.symbol: i for i, row in enumerate(forward)}
    depth: dict[str, int] = {}
    last_reader: dict[str, tuple[int, int]] = {}
    for i, row in enumerate(forward):
        depth[row.symbol] = 1 + max(depth.get(symbol, 0) for symbol, _ in row.reads)
        for symbol, _ in row.reads:
            reader = (-depth[row.symbol], i)
            last_reader[symbol] = max(last_reader.get(symbol, reader), reader)

    def turn(row: Row) -> tuple[int, bool, int, int]:
        distance, i = last_reader[row.of]
        return distance, row.of in EMBEDDINGS, i, position.get(row.of, -1)

    return sorted(gradients, key=turn)


def sum_of_paths(of: str, paths: Sequence[tuple[str, Gradient]]) -> list[Row]:
    """Write the gradient of one quantity: a row a path and their sum, or just the one."""
    if len(paths) == 1:
        _, path = paths[0]
        return [Row(f"d{of}", path.op, path.args, of)]
    rows = []
    times = Counter(via for via, _ in paths)  # a row may read the same twice: X·Xᵀ
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
    for via, path in paths:
        number = next(numbers[via]) if times[via] > 1 else ""
        rows.append(Row(f"d{of}_{via}{number}", path.op, path.args, of, via))
    return [*rows, Row(f"d{of}", ADD, tuple(row.symbol for row in rows), of)]


def forward_page(form: Form, given: Collection[str]) -> Page:
    """Return the rows from the embeddings to the output, less those that are given or not needed then."""
    rows = attention_rows(form)
    if form.lines:
        rows = in_order(rows, form.lines, given)
    return Page(tuple(rows)).without(given).needed_for([form.output])


@lru_cache(maxsize=256)
def whole_page(form: Form, given: frozenset[str], loss: str | None, *, mean: bool) -> Page:
    """Return every row of such a problem: forward, and with a loss backward as well."""
    forward = forward_page(form, given)
    if loss is None:
        return forward
    rows = (*forward.rows, *loss_rows(loss, form, mean=mean))
    return Page((*rows, *gradient_rows(rows)))
