"""A schedule of the page: which rows are worked out whole, and which for some query tokens at a time.

S, Z, M, A and their gradients have n × m numbers a head. A query token's rows need nothing of
another's, from Q to the output and back to dQ: so a block of query tokens goes all that way before
the next one starts, and a row that nobody asked for never exists whole. What has no row a query
token (dK, dV, dWq, L) adds up from block to block. The rows and their arithmetic are the page's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attncli.ops.op import Shape
    from attncli.page.page import Page, Row


KEYS = frozenset({"K", "V", "Kh", "Vh"})  # one row a key token, though they may come from X
SCORES = frozenset({"S", "Z", "M", "A", "B"})  # one row a query token, one column a key token
WIDE = ("n", "m")


def read_by(rows: Collection[Row]) -> set[str]:
    """Return the symbols that rows read and none of them computes."""
    made = {row.symbol for row in rows}
    return {symbol for row in rows for symbol, _ in row.reads if symbol not in made}


@dataclass(frozen=True)
class Stage:
    """Rows that stand together on the page, of each head by itself or of all heads at once.

    ``rows`` have a row a query token; ``sums`` add up over them, and no other row of the pass reads them.
    """

    rows: tuple[Row, ...]
    sums: tuple[Row, ...]
    by_head: bool

    @cached_property
    def reads(self) -> set[str]:
        """The symbols that it needs."""
        return read_by((*self.rows, *self.sums))


@dataclass(frozen=True)
class Pass:
    """One walk over the query tokens: its stages in order, and which rows come out besides the sums."""

    stages: tuple[Stage, ...]
    out: frozenset[str]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All its rows, in the order in which they are worked out."""
        return tuple(row for stage in self.stages for row in (*stage.rows, *stage.sums))

    @cached_property
    def sums(self) -> tuple[Row, ...]:
        """What adds up from block to block."""
        return tuple(row for stage in self.stages for row in stage.sums)

    @cached_property
    def reads(self) -> set[str]:
        """The symbols that it needs."""
        return read_by(self.rows)


def key_shapes(page: Page, letters: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return every shape in letters, m where there is one row a key token, in self-attention too."""

    def own(symbol: str, shape: Shape) -> Shape:
        if symbol in KEYS:
            return tuple("m" if letter == "n" else letter for letter in shape)
        return (*shape[:-1], "m") if symbol in SCORES else shape

    return page.shapes(letters, own)


def plan(page: Page, shapes: Mapping[str, Shape], wanted: Collection[str]) -> list[Row | Pass]:
    """Order a page's rows: the keys and values, the pass, and what is made of its sums."""
    before: list[Row] = []
    after: list[Row] = []
    sliced: list[Row] = []
    by_query: set[str] = set()
    late: set[str] = set()
    for row in page.rows:
        reads = read_by([row])
        if reads & late:
            after.append(row)
            late.add(row.symbol)
        elif "n" in shapes[row.symbol]:
            sliced.append(row)
            by_query.add(row.symbol)
        elif reads & by_query:
            # a number, or a sum of n × m rows; another sum, such as dWq, is sooner done in one go
            added = not shapes[row.symbol] or any(shapes[symbol][-2:] == WIDE for symbol, _ in row.reads)
            (sliced if added else after).append(row)
            late.add(row.symbol)
        else:
            before.append(row)
    if not sliced:
        return [*before]
    needed = read_by(after).union(wanted)
    return [*before, Pass(stages(sliced, shapes), frozenset(by_query & needed)), *after]


def stages(rows: Sequence[Row], shapes: Mapping[str, Shape]) -> tuple[Stage, ...]:
    """Cut a pass where it goes from one head at a time to all heads at once, and back."""

    def by_head(row: Row) -> bool:
        return has_heads(row.symbol, shapes) and any(has_heads(symbol, shapes) for symbol, _ in row.reads)

    found = []
    for alone, group in groupby(rows, by_head):
        together = tuple(group)
        sums = tuple(row for row in together if "n" not in shapes[row.symbol])
        found.append(Stage(tuple(row for row in together if row not in sums), sums, alone))
    return tuple(found)


def has_heads(symbol: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether a symbol stands for one matrix a head."""
    return shapes.get(symbol, ())[:1] == ("h",)


def dead_after(steps: Sequence[Row | Pass], page: Page, wanted: Collection[str]) -> list[list[str]]:
    """For each step, which computed values nobody reads once it is done."""
    last: dict[str, int] = {}
    for i, step in enumerate(steps):
        if isinstance(step, Pass):
            made, reads = {row.symbol for row in step.sums} | step.out, step.reads
        else:
            made, reads = {step.symbol}, read_by([step])
        last.update((symbol, i) for symbol in {*made, *reads} if symbol in page.row)
    dead: list[list[str]] = [[] for _ in steps]
    for symbol, i in last.items():
        if symbol not in wanted:
            dead[i].append(symbol)
    return dead


def registers(step: Pass, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Return the piece of memory in which each n × m row is computed that does not come out of the pass.

    A row takes over the memory of what it is made of, cell by cell, if nobody reads that afterwards.
    """
    last = {symbol: i for i, row in enumerate(step.rows) for symbol, _ in row.reads}
    held: dict[str, int] = {}
    found: dict[str, int] = {}
    for i, row in enumerate(step.rows):
        over = "" if row.op.reuses is None else row.reads[row.op.reuses][0]
        if shapes[row.symbol][-2:] == WIDE and row.symbol not in step.out:
            if last.get(over) == i and over in held:
                place = held.pop(over)
            else:
                place = min(set(range(len(held) + 1)) - set(held.values()))
            held[row.symbol] = found[row.symbol] = place
        for symbol, _ in row.reads:
            if last[symbol] == i:
                held.pop(symbol, None)
    return found


def kept_for_later(step: Pass) -> set[str]:
    """Return the rows that a later stage of a pass reads: of these every head's must be kept."""
    return {
        row.symbol
        for i, stage in enumerate(step.stages)
        for row in stage.rows
        if any(row.symbol in later.reads for later in step.stages[i + 1 :])
    }
