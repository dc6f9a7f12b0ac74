"""A schedule of the page: which rows are worked out whole, and which slice by slice.

S, Z, M, A and their gradients have n × m numbers a head, and none of them needs more of another than
one row of queries. So where nobody asked for such a row, it never exists whole: one head and a block
of queries at a time, its numbers stay in the processor's cache. What is read off a block is either a
block of the result (H, dQ) or adds up to it (dK, dV). The rows and their arithmetic are the page's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from attncli.ops.op import Shape
    from attncli.page import Page, Row

KEYS = frozenset({"K", "V", "Kh", "Vh"})  # one row a key token, though they may come from X
SCORES = frozenset({"S", "Z", "M", "A", "B"})  # one row a query token, one column a key token
WIDE = ("n", "m")


@dataclass(frozen=True)
class Pass:
    """One walk over the blocks: its rows in order, which of them come out, and which are done again."""

    rows: tuple[Row, ...]
    out: frozenset[str]
    again: frozenset[str]

    @property
    def reads(self) -> set[str]:
        """The symbols that it needs."""
        made = {row.symbol for row in self.rows}
        return {symbol for row in self.rows for symbol, _ in row.reads if symbol not in made}


def key_shapes(page: Page, letters: Mapping[str, Shape]) -> dict[str, Shape]:
    """Tell every shape in letters, m where there is one row a key token, in self-attention too."""

    def own(symbol: str, shape: Shape) -> Shape:
        if symbol in KEYS:
            return tuple("m" if letter == "n" else letter for letter in shape)
        return (*shape[:-1], "m") if symbol in SCORES else shape

    shapes = {symbol: own(symbol, shape) for symbol, shape in letters.items()}
    for row in page.rows:
        args = [shapes.get(symbol, ()) for symbol, _ in row.reads]
        turned = [
            (*shape[:-2], *shape[:-3:-1]) if transposed else shape
            for shape, (_, transposed) in zip(args, row.reads, strict=True)
        ]
        shapes[row.symbol] = own(row.symbol, row.op.shape(*turned))
    return shapes


def plan(page: Page, shapes: Mapping[str, Shape], wanted: Collection[str]) -> list[Row | Pass]:
    """Put a page's rows in an order in which no n × m row but the wanted ones exists whole."""
    wide = {row.symbol: row for row in page.rows if shapes[row.symbol][-2:] == WIDE}
    results = [row for row in page.rows if row.symbol not in wide or row.symbol in wanted]
    made = frozenset(page.row)
    steps: list[Row | Pass] = []
    done: set[str] = set()
    sliced: set[str] = set()
    for i, row in enumerate(results):
        if row.symbol in done:
            continue
        if not inner(row, wide, done):
            steps.append(row)
            done.add(row.symbol)
            continue
        ready = [other for other in results[i:] if is_ready(other, wide, done, made)]
        symbols = {other.symbol for other in ready}
        within = symbols.union(*(inner(other, wide, done) for other in ready))
        rows = tuple(row for row in page.rows if row.symbol in within)
        steps.append(Pass(rows, frozenset(symbols), frozenset(within & sliced)))
        sliced |= within
        done |= symbols
    return steps


def inner(row: Row, wide: Mapping[str, Row], done: Collection[str]) -> set[str]:
    """Name the n × m rows that are to be worked out block by block for a row, itself included."""
    found: set[str] = set()
    ends = [row.symbol, *(symbol for symbol, _ in row.reads)]
    while ends:
        symbol = ends.pop()
        if symbol in wide and symbol not in found and symbol not in done:
            found.add(symbol)
            ends += [name for name, _ in wide[symbol].reads]
    return found


def is_ready(row: Row, wide: Mapping[str, Row], done: Collection[str], made: Collection[str]) -> bool:
    """Whether a row can come out of a pass over the blocks now: all else that goes into it is there."""
    within = inner(row, wide, done)
    reads = {symbol for name in within for symbol, _ in wide[name].reads} | {name for name, _ in row.reads}
    return bool(within) and row.symbol not in done and not (reads - within - set(done)) & set(made)


def dead_after(steps: Sequence[Row | Pass], page: Page, wanted: Collection[str]) -> list[list[str]]:
    """For each step, which computed values nobody reads once it is done."""
    last: dict[str, int] = {}
    for i, step in enumerate(steps):
        made = step.out if isinstance(step, Pass) else {step.symbol}
        reads = step.reads if isinstance(step, Pass) else {symbol for symbol, _ in step.reads}
        last.update((symbol, i) for symbol in {*made, *reads} if symbol in page.row)
    dead: list[list[str]] = [[] for _ in steps]
    for symbol, i in last.items():
        if symbol not in wanted:
            dead[i].append(symbol)
    return dead


def registers(step: Pass, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Tell in which piece of memory each n × m row of a pass is worked out.

    A row takes over the memory of what it is made of, cell by cell, if nobody reads that afterwards.
    """
    wide = [row for row in step.rows if shapes[row.symbol][-2:] == WIDE]
    last = {symbol: i for i, row in enumerate(step.rows) for symbol, _ in row.reads}
    held: dict[str, int] = {}
    found: dict[str, int] = {}
    count = 0
    for i, row in enumerate(step.rows):
        over = "" if row.op.reuses is None else row.reads[row.op.reuses][0]
        if row in wide:
            if last.get(over) == i and over in held:
                place = held.pop(over)
            else:
                place = min(set(range(count + 1)) - set(held.values()))
            count = max(count, place + 1)
            held[row.symbol] = found[row.symbol] = place
        for symbol, _ in row.reads:
            if last[symbol] == i:
                held.pop(symbol, None)
    return found
