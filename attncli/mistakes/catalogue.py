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
from attncli.mistakes.own_pages import VARIANTS
from attncli.mistakes.wrong import softmax_after
from attncli.ops.cells import GELU, GELU_TANH, RELU, SOFTCAP
from attncli.ops.heads import REPEAT, SPLIT
from attncli.ops.linear import ADD, MATMUL
from attncli.ops.norms import LAYERNORM, RMSNORM
from attncli.ops.positions import ALIBI, POSITIONS, ROPE, ROPE_PAIRS
from attncli.ops.softmax import MASK_OUT, SOFTMAX_SINK
from attncli.page.attention import CONSTANTS, Form
from attncli.page.chain_rule import whole_page
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from attncli.mistakes.entry import Entry, Way
    from attncli.ops.op import Op
    from attncli.page.page import Page


SENTENCES = {entry.id: says for entry, says in (FORWARD | VARIANTS | BACKWARD).items()}
ENTRIES: dict[str, list[Entry]] = defaultdict(list)  # by the job of the row; the commonest first
for _entry in FORWARD | VARIANTS | BACKWARD:
    for _one in (_entry, *_entry.also):
        for _job in _one.jobs.split():
            ENTRIES[_job].append(_one)
RIGHT_OUT_IN = "dw-transposed"  # where weights are stored so, their gradients may stand so as well


def own_page(rope: Op, bend: Op, norm: Op) -> Form:
    """Return a page with all that pages of one's own have, for the sake of its formulas."""
    scale = ("γ", "β")[: 1 + (norm is LAYERNORM)]
    lines = (
        Row("PE", POSITIONS, ("X",)),
        Row("X1", ADD, ("X", "PE")),
        *(Row(name, MATMUL, ("X1", f"W{name.lower()}")) for name in "QKV"),
        Row("Qr", rope, ("Qh", "base")),
        *(Row(f"{name}h", SPLIT, (name, "1")) for name in "KV"),
        Row("Kr", rope, ("Kh", "base")),
        *(Row(f"{name}g", REPEAT, (of, "2")) for name, of in (("K", "Kr"), ("V", "Vh"))),
        Row("S", MATMUL, ("Qr", "Kgᵀ")),
        Row("Zc", SOFTCAP, ("Z", "30")),
        Row("Zb", ALIBI, ("Zc",)),
        Row("M", MASK_OUT, ("Zc" if norm is LAYERNORM else "Zb", "mask")),
        Row("A", SOFTMAX_SINK, ("M", "s")),
        Row("H", MATMUL, ("A", "Vg")),
        Row("R1", ADD, ("X1", "O")),
        Row("N1", norm, ("R1", "ε", *scale)),
        Row("F1", MATMUL, ("N1", "W1")),
        Row("F2", bend, ("F1",)),
        Row("F3", MATMUL, ("F2", "W2")),
        Row("F4", RELU, ("F3",)),
        Row("F5", MATMUL, ("F4", "W3")),
        Row("R2", ADD, ("N1", "F5")),
    )
    return Form(heads=2, masked=True, output_weights=True, lines=lines, output="R2")


EXAMPLES = (
    Form(),
    Form(heads=2, masked=True, output_weights=True, biases=frozenset({"bq", "bo"})),
    Form(heads=2, context=True, masked=True, biases=frozenset({"bq", "bk"})),
    Form(heads=2),
    *map(own_page, (ROPE, ROPE_PAIRS), (GELU, GELU_TANH), (LAYERNORM, RMSNORM)),
)


ON_THE_WAY = "A: "  # to A: a mask that is done wrongly there


@dataclass(frozen=True)
class Mistake:
    """One mistake: its stable name, and the rows as they were written; mostly one.

    ``way`` tells which of the mistakes of that name it is, in whichever row and on whichever page;
    ``code``: it is met in code rather than on paper.
    """

    id: str
    rows: tuple[Row, ...]
    way: Way = ("0", 0, 0)
    code: bool = False

    @property
    def usual(self) -> int:
        """How usual the place is where it is made: 2 its own, 1 in several rows together, 0 another."""
        place = self.way[0]
        return 2 * (place == "0") or int(not (place.isdecimal() or place.startswith(ON_THE_WAY)))


def catalogue(
    page: Page,
    known: frozenset[str],
    sizes: Mapping[str, int],
    *,
    out_in: bool = False,
    ids: Collection[str] | None = None,
) -> Iterator[Mistake]:
    """Write down every mistake that could be made on a page; of those with ``ids``, if they are given.

    ``known``: the symbols that have a value. ``sizes``: n, m, d_model and d_k, as far as there are.
    ``out_in``: the weights are handed out transposed, so that a transposed gradient is right.
    """
    place = Place(page, sizes)
    together: dict[tuple[str, Way, bool], list[Row]] = defaultdict(list)
    for right in page.rows:
        for entry, way, wrong in wrong_rows(right, place, ids):
            if out_in and entry.id == RIGHT_OUT_IN:
                continue
            if known.issuperset(symbol for symbol, _ in wrong.reads):
                if entry.together:
                    together[entry.id, way, entry.code].append(wrong)
                else:
                    yield Mistake(entry.id, (wrong,), way, entry.code)
    for (id_, way, code), rows in together.items():
        yield Mistake(id_, tuple(rows), way, code)


def wrong_rows(right: Row, place: Place, ids: Collection[str] | None) -> Iterator[tuple[Entry, Way, Row]]:
    """Write down what may stand in the place of a row; the softmax may also be taken of a wrong mask."""
    jobs = place.job(right).split("|")
    masked = place.jobs.around(right).masked
    if "A" in jobs and masked:
        for entry, way, mask in wrong_rows(masked, place, ids):
            if not entry.together:
                sinks = right.args[1:]
                after = replace(right, op=softmax_after(mask.op, right.op), args=(*mask.args, *sinks))
                yield entry, (f"{ON_THE_WAY}{way[0]}", *way[1:]), after
    for entry in (entry for job in jobs for entry in ENTRIES[job]):
        if ids is None or entry.id in ids:
            for way, wrong in entry.ways(right, place):
                yield entry, way, wrong


class Example(NamedTuple):
    """One mistake as it looks on an ordinary page: its formula, the right one, and its sentence."""

    id: str
    formula: str
    right: str
    says: str


def listing() -> list[Example]:
    """List the whole catalogue, with no problem at hand: each mistake once, in the order of the page."""
    found: dict[str, Example] = {}
    usual: dict[str, int] = {}
    sizes = dict.fromkeys(("n", "m", "d_model", "d_k"), 1)
    for form, loss, mean in product(EXAMPLES, ("bce", "mse"), (False, True)):
        page = whole_page(form, frozenset(), loss, mean=mean)
        known = page.reads | page.row.keys() | CONSTANTS
        for mistake in catalogue(page, known, sizes):
            wrong = mistake.rows[0]
            right = page.row[wrong.symbol].formula
            if mistake.usual > usual.get(mistake.id, -1):
                found[mistake.id] = Example(mistake.id, wrong.formula, right, SENTENCES[mistake.id])
                usual[mistake.id] = mistake.usual
    return [found[id_] for id_ in SENTENCES]
