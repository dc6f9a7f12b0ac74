"""The catalogue: what people get wrong, each mistake as a row of the page written wrongly.

A wrong row reads the student's own earlier values, as the right one does. ``catalogue`` writes down all
that there could be on a page; whether one can be told from the right row is for the numbers to say.
Within a row the commonest stand first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.backward import backward
from attncli.mistakes.forward import BY_SYMBOL, joined, output, projection
from attncli.mistakes.wrong import Wrong
from attncli.ops.heads import CONCAT
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.mistakes.wrong import Entry
    from attncli.page.page import Page


@dataclass(frozen=True)
class Mistake:
    """One mistake: its stable name, and the rows as they were written; mostly one."""

    id: str
    rows: tuple[Row, ...]


def catalogue(page: Page, known: frozenset[str], sizes: Mapping[str, int]) -> Iterator[Mistake]:
    """Write down every mistake that could be made on a page.

    ``known``: the symbols that have a value. ``sizes``: n, m, d_model and d_k, as far as there are.
    """
    for row in page.rows:
        for id_, op, args in entries(row, page, sizes):
            written = replace(row, op=op, args=args)
            if all(symbol in known for symbol, _ in written.reads):
                yield Mistake(id_, (written,))
    split = Wrong(N_("split({0}), interleaved"), wrong.interleaved)
    heads = tuple(Row(row.symbol, split, row.args) for row in page.rows if row.symbol in {"Qh", "Kh", "Vh"})
    if heads:
        yield Mistake("heads-split-interleaved", heads)


def entries(row: Row, page: Page, sizes: Mapping[str, int]) -> Iterator[Entry]:
    """Choose the part of the catalogue that belongs to a row."""
    if row.backward:
        yield from backward(row, page, sizes)
    elif row.symbol in {"Q", "K", "V"} or "Wo" in row.args:
        yield from projection(row)
    elif row.op is CONCAT:
        yield from joined(row)
    elif row.args[0] == "A":
        yield from output(row, page)
    elif row.symbol in BY_SYMBOL:
        yield from BY_SYMBOL[row.symbol](row, page, sizes)
