"""The catalogue: what people get wrong, each mistake as a row of the page written wrongly.

A wrong row reads the student's own earlier values, as the right one does. ``catalogue`` writes down all
that there could be on a page; whether one can be told from the right row is for the numbers to say.
Within a row the commonest stand first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from attncli.language import N_
from attncli.mistakes import wrong
from attncli.mistakes.backward import BACKWARD, backward
from attncli.mistakes.forward import BY_SYMBOL, FORWARD, joined, output, projection
from attncli.mistakes.wrong import Wrong
from attncli.ops.heads import CONCAT
from attncli.page.attention import Form
from attncli.page.chain_rule import whole_page
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.mistakes.wrong import Entry
    from attncli.page.page import Page


SENTENCES = FORWARD | BACKWARD
EXAMPLES = (Form(), Form(heads=2, masked=True, output_weights=True, biases=frozenset({"bq", "bo"})))


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
            written = Row(row.symbol, op, args, backward=row.backward)
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


class Example(NamedTuple):
    """One mistake as it looks on an ordinary page: its formula, the right one, its sentence as marked."""

    id: str
    formula: str
    right: str
    says: str


def listing() -> list[Example]:
    """List the whole catalogue, with no problem at hand: each mistake once, in the order of the page."""
    found: dict[str, Example] = {}
    sizes = dict.fromkeys(("n", "m", "d_model", "d_k"), 1)
    for form, loss, mean in product(EXAMPLES, ("bce", "mse"), (False, True)):
        page = whole_page(form, frozenset(), loss, mean=mean)
        for mistake in catalogue(page, frozenset({*page.reads, *page.row, "N"}), sizes):
            wrong = mistake.rows[0]
            right = page.row[wrong.symbol].formula
            found.setdefault(mistake.id, Example(mistake.id, wrong.formula, right, SENTENCES[mistake.id]))
    return [found[id_] for id_ in SENTENCES]
