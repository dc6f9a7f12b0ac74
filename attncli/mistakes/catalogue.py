"""The mistake catalogue: each entry is one page row with an error in it.

A wrong row reads the student's own earlier values, as the right one does. Whether it can be told from the
right one on a problem is for the numbers to say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from attncli.mistakes.backward import BACKWARD
from attncli.mistakes.entry import Place
from attncli.mistakes.forward import FORWARD
from attncli.mistakes.wrong import softmax_after
from attncli.page.attention import CONSTANTS, Form
from attncli.page.chain_rule import whole_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.mistakes.entry import Entry
    from attncli.page.page import Page, Row


SENTENCES = {entry.id: says for entry, says in (FORWARD | BACKWARD).items()}
ENTRIES: dict[str, list[Entry]] = defaultdict(list)  # by the job of the row; the commonest first
for _entry in FORWARD | BACKWARD:
    for _one in (_entry, *_entry.also):
        for _job in _one.jobs.split():
            ENTRIES[_job].append(_one)
RIGHT_OUT_IN = "dw-transposed"  # where weights are stored so, their gradients may stand so as well
EXAMPLES = (Form(), Form(heads=2, masked=True, output_weights=True, biases=frozenset({"bq", "bo"})))


@dataclass(frozen=True)
class Mistake:
    """One mistake: its stable name, and the rows as they were written; mostly one."""

    id: str
    rows: tuple[Row, ...]


def catalogue(
    page: Page, known: frozenset[str], sizes: Mapping[str, int], *, out_in: bool = False
) -> Iterator[Mistake]:
    """Write down every mistake that could be made on a page.

    ``known``: the symbols that have a value. ``sizes``: n, m, d_model and d_k, as far as there are.
    ``out_in``: the weights are handed out transposed, so that a transposed gradient is right.
    """
    place = Place(page, sizes)
    together: dict[str, list[Row]] = defaultdict(list)
    for right in page.rows:
        for entry, wrong in wrong_rows(right, place):
            if out_in and entry.id == RIGHT_OUT_IN:
                continue
            if known.issuperset(symbol for symbol, _ in wrong.reads):
                if entry.together:
                    together[entry.id].append(wrong)
                else:
                    yield Mistake(entry.id, (wrong,))
    for id_, rows in together.items():
        yield Mistake(id_, tuple(rows))


def wrong_rows(right: Row, place: Place) -> Iterator[tuple[Entry, Row]]:
    """Write down what may stand in the place of a row; the softmax may also be taken of a wrong mask."""
    if right.symbol == "A" and place.symbols["mask"]:
        for entry, mask in wrong_rows(place.page.row["M"], place):
            yield entry, replace(right, op=softmax_after(mask.op), args=mask.args)
    for entry in ENTRIES[place.job(right)]:
        for wrong in entry.rows(right, place):
            yield entry, wrong


class Example(NamedTuple):
    """One mistake as it looks on an ordinary page: its formula, the right one, and its sentence."""

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
        known = page.reads | page.row.keys() | CONSTANTS
        for mistake in catalogue(page, known, sizes):
            wrong = mistake.rows[0]
            right = page.row[wrong.symbol].formula
            found.setdefault(mistake.id, Example(mistake.id, wrong.formula, right, SENTENCES[mistake.id]))
    return [found[id_] for id_ in SENTENCES]
