"""Consistent is right: the page of somebody who did a row wrongly and went back through what they did.

Who wrote Z = S and then dS = dZ has made one mistake, not two. All mistakes of the forward pass have a
derivative but these: ``softmax-argmax`` is a step; and where there are heads, ``scores-from-x`` as one
matrix and ``weights-averaged`` have another shape than S and A, from which nothing follows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attncli.mistakes.wrong import OWN_ACTIVATION, Wrong
from attncli.page.attention import CONSTANTS
from attncli.page.chain_rule import gradient_rows
from attncli.page.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attncli.ops.op import Gradient, Op
    from attncli.page.page import Row


def consistent_page(page: Page, rows: Iterable[Row]) -> Page | None:
    """Return the page with these rows in the place of its own, and the backward pass derived from that.

    A symbol means what it meant: dS is ∂L/∂S, of the loss as it was taken. Gradients of what no longer leads
    to the loss are absent; a quantity that now feeds several rows has a row for each path (dQ_S1, dQ_S2). A
    gradient row among ``rows`` stands where the derived page has one. None where a row has no derivative.
    """
    swapped = {row.symbol: row for row in rows}
    forward = [swapped.get(row.symbol, row) for row in page.rows if not row.backward]
    if any(row.symbol in swapped and not row.op.fixed and not [*paths_of(row)] for row in forward):
        return None
    done = Page(tuple(through_p(forward, swapped)))
    derived = gradient_rows(done.needed_for(["L"]).rows)
    backward = [
        swapped.get(row.symbol, row) for row in derived if row.of in done.row or row.of not in CONSTANTS
    ]
    return Page((*done.rows, *backward))


def through_p(forward: Sequence[Row], swapped: Mapping[str, Row]) -> list[Row]:
    """Take a loss of P back by way of P, where the short way past it, dO = P − Y, no longer holds.

    That is so with another activation, and with a loss that has another derivative.
    """
    loss = next((row for row in forward if row.symbol == "L" and row.args[0] == "P"), None)
    if loss is None or ("P" not in swapped and any(path.of != "P" for path in paths_of(loss))):
        return [*forward]
    found = {row.symbol: row for row in forward}
    p = found["P"]
    found["P"] = replace(p, op=OWN_ACTIVATION.get(p.op, p.op))
    found["L"] = replace(loss, op=of_p(loss.op))
    return [*found.values()]


def paths_of(row: Row) -> Iterable[Gradient]:
    """Return the gradients of what a row reads."""
    return row.op.gradients(row.symbol, f"d{row.symbol}", *row.args)


def of_p(loss: Op) -> Wrong:
    """Return a loss as it is worked out from P alone, and so its gradient."""

    def back(y: str, dy: str, p: str, *args: str) -> Iterable[Gradient]:
        for path in loss.gradients(y, dy, p, *args):
            if path.of == p:
                yield path._replace(op=Wrong(path.op.text, path.op.on_paper))

    return Wrong(loss.text, loss.on_paper, back=back)
