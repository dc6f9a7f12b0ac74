"""A schedule of the page: which rows are worked out whole, and which for some query tokens at a time.

S, Z, M, A and their gradients have n × m numbers a head. A query token's rows need nothing of
another's, from Q to the output and back to dQ: so a block of query tokens goes all that way before
the next one starts, and a row that nobody asked for never exists whole. What has no row a query
token (dK, dV, dWq, L) adds up from block to block. The rows and their arithmetic are the page's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from attncli.ops.linear import MATMUL, Add, MatMul, Scale
from attncli.page.chain_rule import gradient_rows
from attncli.page.page import Page, Row

if TYPE_CHECKING:
    from attncli.ops.op import Shape


KEYS = frozenset({"K", "V", "Kh", "Vh"})  # one row a key token, though they may come from X
SCORES = frozenset({"S", "Z", "M", "A", "B"})  # one row a query token, one column a key token
WIDE = ("n", "m")

Round = tuple["Row", ...]  # rows that are worked out whole, at the same time


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

    @cached_property
    def made(self) -> set[str]:
        """The symbols that it works out."""
        return {row.symbol for row in (*self.rows, *self.sums)}


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
    def summed(self) -> set[str]:
        """Their symbols."""
        return {row.symbol for row in self.sums}

    @cached_property
    def inner(self) -> set[str]:
        """The symbols of which there is never more than a block."""
        return {row.symbol for stage in self.stages for row in stage.rows} - self.out

    @cached_property
    def kept(self) -> set[str]:
        """The symbols that a later stage reads: of these every head's must be kept."""
        stages = self.stages
        return {
            row.symbol
            for i, stage in enumerate(stages)
            for row in stage.rows
            if any(row.symbol in later.reads for later in stages[i + 1 :])
        }

    @cached_property
    def reads(self) -> set[str]:
        """The symbols that it needs."""
        return read_by(self.rows)


class Schedule(NamedTuple):
    """How a page is worked out: its shapes in letters, its steps, and where each symbol lies, and when."""

    shapes: dict[str, Shape]
    steps: list[Round | Pass]
    home: dict[str, str]
    in_use: dict[str, tuple[int, int]]


@lru_cache(maxsize=64)
def schedule(page: Page, wanted: frozenset[str], letters: frozenset[tuple[str, Shape]]) -> Schedule:
    """Make the schedule of a page, of which some rows are wanted; ``letters`` are the shapes given."""
    given = dict(letters)
    shapes = key_shapes(page, given)
    steps = plan(page, shapes, wanted)
    home = homes(steps, shapes, given)
    return Schedule(shapes, steps, home, in_use(steps, home))


def key_shapes(page: Page, letters: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return every shape in letters, m where there is one row a key token, in self-attention too."""

    def own(symbol: str, shape: Shape) -> Shape:
        if symbol in KEYS:
            return tuple("m" if letter == "n" else letter for letter in shape)
        return (*shape[:-1], "m") if symbol in SCORES else shape

    return page.shapes(letters, own)


@lru_cache(maxsize=64)
def with_scaled_queries(page: Page, wanted: frozenset[str]) -> Page:
    """Return a page on which the queries are scaled instead of the scores, which are many more numbers.

    S = Q·Kᵀ and Z = S/√d_k are worked out as Z = (Q/√d_k)·Kᵀ, where nobody wants S or its gradient; the
    gradients follow by the chain rule, as on any page.
    """
    forward = [row for row in page.rows if not row.backward]
    of = {row.symbol: row for row in forward}

    def read_once(symbol: str) -> bool:
        free = wanted.isdisjoint({symbol, f"d{symbol}"})
        return free and symbol in of and sum(symbol in dict(row.reads) for row in forward) == 1

    for scaled in forward:
        scores = of.get(scaled.args[0])
        if isinstance(scaled.op, Scale) and scores and scores.op is MATMUL and read_once(scores.symbol):
            queries, keys = scores.args
            split = of[queries] if read_once(queries) and of[queries].op.view else None
            matrix, number = split.args[0] if split else queries, scaled.args[1]
            name = scaled.op.text(matrix, number)
            new = [Row(name, scaled.op, (matrix, number))]
            if split:
                new.append(Row(queries, split.op, (name, *split.args[1:])))
            product = Row(scaled.symbol, MATMUL, (queries if split else name, keys))
            place = {split or scores: new, scores: [] if split else new, scaled: [product]}
            forward = [row for old in forward for row in place.get(old, [old])]
            break
    backward = gradient_rows(forward) if len(forward) < len(page.rows) else []
    found = Page((*forward, *backward)).needed_for(wanted)
    complete = found.row.keys() >= wanted & page.row.keys() and read_by(found.rows) <= read_by(page.rows)
    return found if complete else page  # without its loss a page has gradients that do not follow from it


def plan(page: Page, shapes: Mapping[str, Shape], wanted: Collection[str]) -> list[Round | Pass]:
    """Order a page's rows: the keys and values, the pass, and what is made of its rows and sums."""
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
            added = not shapes[row.symbol] or any(is_wide(symbol, shapes) for symbol in reads)
            (sliced if added else after).append(row)
            late.add(row.symbol)
        else:
            before.append(row)
    # The last products are sooner done in one go: what they are made of comes out, perhaps in their place.
    for row in reversed(sliced):
        reads = read_by([row]) & by_query
        more = reads - read_by(after).union(wanted)
        small = len(more) <= 1 and not any(is_wide(symbol, shapes) for symbol in more)
        again = any(row.symbol in read_by([other]) for other in sliced)
        if row.symbol in by_query and shared(row) and reads and small and not again:
            sliced.remove(row)
            after.insert(0, row)
    if not sliced:
        return rounds(before)
    needed = read_by(after).union(wanted)
    out = frozenset(row.symbol for row in sliced if row.symbol in by_query & needed)
    return [*rounds(before), Pass(stages(sliced, shapes), out), *rounds(after)]


def shared(row: Row) -> int:
    """Return how many of a row's first arguments several workers can share out, row by row; 0: none."""
    if isinstance(row.op, MatMul | Scale):
        return 1
    return len(row.args) if isinstance(row.op, Add) else 0


def rounds(rows: Iterable[Row]) -> list[Round | Pass]:
    """Gather rows that can be worked out at the same time, for none reads what another makes."""
    found: list[list[Row]] = []
    made: set[str] = set()
    for row in rows:
        late = bool(read_by([row]) & made)
        if not found or (late and not row.op.view):
            found.append([])
            made = set()
        found[-1].append(row)
        if late or not row.op.view:  # what only looks at something is there as soon as that is
            made.add(row.symbol)
    return [tuple(together) for together in found]


def stages(rows: Sequence[Row], shapes: Mapping[str, Shape]) -> tuple[Stage, ...]:
    """Cut a pass where it goes from one head at a time to all heads at once, and back."""
    found: list[tuple[bool, list[Row]]] = []
    for row in rows:
        by_head = has_heads(row.symbol, shapes) and any(has_heads(symbol, shapes) for symbol, _ in row.reads)
        if not found or (by_head != found[-1][0] and not row.op.view):
            found.append((by_head, []))
        found[-1][1].append(row)
    return tuple(
        Stage(
            tuple(row for row in together if "n" in shapes[row.symbol]),
            tuple(row for row in together if "n" not in shapes[row.symbol]),
            by_head,
        )
        for by_head, together in found
    )


def has_heads(symbol: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether a symbol stands for one matrix a head."""
    return shapes.get(symbol, ())[:1] == ("h",)


def homes(
    steps: Sequence[Round | Pass], shapes: Mapping[str, Shape], given: Collection[str]
) -> dict[str, str]:
    """Say for each computed symbol in whose memory it lies, its own or another's.

    What only looks at another in a different way, such as the heads of Q, lies where that lies: perhaps among
    the given. An n × m row takes over the memory of what it is made of, cell by cell, if nobody reads that
    afterwards.
    """
    found: dict[str, str] = {symbol: symbol for symbol in given}
    for step in steps:
        rows = step.rows if isinstance(step, Pass) else step
        last = {symbol: i for i, row in enumerate(rows) for symbol, _ in row.reads}
        for i, row in enumerate(rows):
            source, turned = row.reads[0]
            if row.op.view and not turned:
                found[row.symbol] = found[source]
            elif isinstance(step, Pass) and row.op.reuses is not None and is_wide(row.symbol, shapes):
                over = row.reads[row.op.reuses][0]
                beside = {symbol for symbol, home in found.items() if home == found[over]}
                within = any(beside | {row.symbol} <= stage.made for stage in step.stages)
                if within and not beside & step.out and max(last.get(symbol, -1) for symbol in beside) == i:
                    found[row.symbol] = found[over]
            found.setdefault(row.symbol, row.symbol)
    return {symbol: home for symbol, home in found.items() if symbol not in given}


def in_use(steps: Sequence[Round | Pass], home: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Return the first and the last time at which each memory is in use; a stage of a pass is a time too."""
    found: dict[str, tuple[int, int]] = {}

    def use(symbols: Iterable[str], first: int, last: int) -> None:
        for place in {home[symbol] for symbol in symbols if symbol in home}:
            known = found.get(place, (first, last))
            found[place] = min(known[0], first), max(known[1], last)

    time = 0
    for step in steps:
        if not isinstance(step, Pass):
            use({symbol for row in step for symbol in (*read_by([row]), row.symbol)}, time, time)
            time += 1
            continue
        start, end = time, time + len(step.stages) - 1
        for stage in step.stages:
            used = stage.made | stage.reads
            use(used & step.inner, time, time)
            use(used - step.inner, start, end)
            time += 1
    return found


def is_wide(symbol: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether a symbol has a row a query token and a column a key token."""
    return shapes.get(symbol, ())[-2:] == WIDE
