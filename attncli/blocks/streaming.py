"""Evaluating a page by its schedule: some rows whole, the others for a block of query tokens at a time.

The memory of all of it is laid out before it starts. Then every worker walks the whole schedule and does
its share of each step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from math import ceil, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.blocks.memory import Layout, Piece, borrowed
from attncli.blocks.schedule import Pass, has_heads, is_wide, schedule, shared, with_scaled_queries
from attncli.blocks.threads import Crew, processors
from attncli.errors import AttnError
from attncli.ops.mask import Mask
from attncli.ops.op import lengths

if TYPE_CHECKING:
    from attncli.blocks.schedule import Schedule, Stage
    from attncli.ops.op import Array, Shape
    from attncli.page.page import Page, Row


FEWEST, MOST = 32, 256  # query tokens in a block
KEPT = 2**25  # bytes of the scores of all heads in a block, which are kept on the way there and back
AT_ONCE = 2**18  # scores worked out at once, of as many heads as that makes: they stay in the cache
OWN_SUMS = 2**26  # numbers in the sums of all workers, where each has its own
WORTH_IT = 2**15  # numbers: fewer are sooner done by one worker
MATRIX, HEADS = 2, 3  # axes


def evaluate_in_blocks(
    page: Page,
    given: Mapping[str, Any],
    wanted: Collection[str],
    letters: Mapping[str, Shape],
    sizes: Mapping[str, int],
) -> dict[str, Array]:
    """Compute the wanted rows of a page, from what is given.

    ``letters`` has the givens' shapes and ``sizes`` what their letters stand for. Agrees with the
    page's own evaluation to rounding. Raises AttnError where a number is too large for its type.
    """
    kept = frozenset(wanted)
    shapes = frozenset((symbol, letters[symbol]) for symbol in given.keys() & letters.keys())
    try:
        found = Work(schedule(with_scaled_queries(page, kept), kept, shapes), given, kept, sizes).done()
    except AttnError:  # which names a row that is not on the page
        found = Work(schedule(page, kept, shapes), given, kept, sizes).done()
    return {row.symbol: found[row.symbol] for row in page.rows if row.symbol in wanted}


class Work:
    """All steps of a page: what memory they need, and who does what."""

    def __init__(
        self,
        schedule: Schedule,
        given: Mapping[str, Any],
        wanted: frozenset[str],
        sizes: Mapping[str, int],
    ) -> None:
        self.shapes, self.steps, self.home, times = schedule
        self.sizes, self.wanted = sizes, wanted
        self.values: dict[str, Any] = dict(given)
        self.dtype = next(value.dtype for value in given.values() if isinstance(value, np.ndarray))
        self.crew = Crew(min(processors(), max(1, sizes["n"] * sizes["m"] // WORTH_IT)))
        self.results = {self.home[symbol] for symbol in wanted & self.home.keys()}
        step = next((step for step in self.steps if isinstance(step, Pass)), Pass((), frozenset()))
        self.whole = {home for symbol, home in self.home.items() if symbol not in step.inner}
        by_keys = {
            self.home[symbol]
            for symbol in step.reads | step.summed
            if symbol in self.home and self.shapes[symbol][-2:-1] == ("m",)
        }
        self.lying = by_keys - self.results
        self.blocks = Blocks(step, self)
        pieces = {
            home: Piece(self.size(home), *times[home]) for home in times.keys() & (self.whole - self.results)
        }
        self.layout = Layout(pieces | self.blocks.pieces(times), self.dtype)

    def done(self) -> dict[str, Array]:
        """Return what is wanted; raises AttnError as :meth:`Row.compute` does."""
        try:
            with borrowed(self.layout.nbytes) as memory:
                self.run(memory)
            return {symbol: self.values[symbol] for symbol in self.wanted & self.values.keys()}
        finally:  # the blocks know the work and it knows them: so that its memory is free at once
            self.values.clear()
            self.blocks.places.clear()

    def size(self, symbol: str) -> int:
        """How many numbers a row has."""
        return prod(lengths(self.shapes[symbol], self.sizes))

    def run(self, memory: Array) -> None:
        """Work everything out, into ``values``; raises AttnError as :meth:`Row.compute` does."""
        places = self.layout.arrays(memory)
        places |= {home: np.empty(self.size(home), self.dtype) for home in self.results & self.home.keys()}
        self.blocks.places = places
        for row in (row for step in self.steps for row in (step.rows if isinstance(step, Pass) else step)):
            home = self.home[row.symbol]
            if home not in self.home:  # a given, looked at in another way
                self.values[row.symbol] = row.op.value(*row.operands(self.values))
            elif home in self.whole:
                self.values[row.symbol] = self.seen(row.symbol, places[home])

        def work(worker: int) -> None:
            for step in self.steps:
                if isinstance(step, Pass):
                    self.blocks.walk(worker)
                    continue
                for row in step:
                    self.share(row, worker)
                self.crew.meet(worker)

        self.crew.run(work)

    def seen(self, symbol: str, place: Array, n: int | None = None) -> Array:
        """Return memory as a row of the page, or as what n query tokens have of it.

        Heads lie side by side, as joining them wants it. What has a row a key token lies on its side, a
        column after the other: so all products of a block read and write long lines.
        """
        letters = self.shapes[symbol]
        shape = lengths(letters, self.sizes if n is None else {**self.sizes, "n": n})
        place = place[: prod(shape)]
        lying = self.home[symbol] in self.lying
        if len(shape) == HEADS and not is_wide(symbol, self.shapes):
            h, tokens, width = shape
            if lying:
                return place.reshape(h, width, tokens).swapaxes(1, 2)
            return place.reshape(tokens, h, width).swapaxes(0, 1)
        return place.reshape(shape[::-1]).T if lying else place.reshape(shape)

    def share(self, row: Row, worker: int) -> None:
        """Do a worker's share of a row that is worked out whole; raises AttnError as the row does."""
        if row.op.view:
            return
        out, args = self.values[row.symbol], row.operands(self.values)
        cut = shared(row)
        if cut and out.ndim == MATRIX and args[0].size >= WORTH_IT:
            rows = part_of(slice(0, len(out)), worker, self.crew.workers)
            write(row, out[rows], [*(arg[rows] for arg in args[:cut]), *args[cut:]])
        elif worker == 0:
            write(row, out, args)


def part_of(whole: slice, worker: int, workers: int) -> slice:
    """Return a worker's part of many things."""
    count = whole.stop - whole.start
    return slice(whole.start + count * worker // workers, whole.start + count * (worker + 1) // workers)


def write(row: Row, out: Array, args: list[Any]) -> None:
    """Compute a row into its place; raises AttnError as :meth:`Row.compute` does."""
    try:
        row.op.write(out, *args)
    except FloatingPointError:  # the page's own way tells whether it is one, and where
        out[...] = row.work_out(args)


class Part(NamedTuple):
    """What a worker does in a stage: some query tokens and the key tokens that they may look at.

    ``values`` are what of each value belongs to these tokens, and ``sums`` of what adds up.
    """

    queries: slice
    keys: slice
    values: dict[str, Any]
    sums: dict[str, Array]


class Blocks:
    """One pass over the query tokens, a block at a time.

    Where each of enough workers can have as many heads, they share out a stage of heads by heads, and the
    scores of a block and the sums exist once; else by query tokens, and each worker has sums of its own.
    """

    def __init__(self, step: Pass, work: Work) -> None:
        self.step, self.work, self.shapes = step, work, work.shapes
        self.n, self.m, self.h = (work.sizes[letter] for letter in "nmh")
        self.places: dict[str, Array] = {}
        self.turns: dict[tuple[int, int], Iterator[int]] = {}  # of a block and a stage: which heads are next
        self.mask = (work.values.get("mask") if "mask" in step.reads else None) or Mask()
        wide = {symbol for symbol in step.inner if is_wide(symbol, self.shapes)}
        self.wide, self.kept = ({work.home[symbol] for symbol in some} for some in (wide, wide & step.kept))
        self.sums = [(row, stage) for stage in step.stages for row in stage.sums]
        self.scores_come_out = any(is_wide(symbol, self.shapes) for symbol in step.out)
        most = MOST
        if self.kept:
            most = max(FEWEST, min(MOST, KEPT // (self.h * self.m * work.dtype.itemsize)))
        self.size = ceil(self.n / ceil(self.n / most))  # query tokens in a block
        sums = sum(work.size(symbol) for symbol in step.summed)
        by_queries = max(1, min(work.crew.workers, self.size // FEWEST, OWN_SUMS // max(sums, 1)))
        by_heads = max(k for k in range(1, min(work.crew.workers, self.h) + 1) if self.h % k == 0)
        beside = {symbol for stage in step.stages if not stage.by_head for symbol in stage.made | stage.reads}
        self.by_heads = by_heads >= by_queries and wide.isdisjoint(beside)
        self.workers = by_heads if self.by_heads else by_queries
        self.rows = self.size if self.by_heads else ceil(self.size / self.workers)  # of a worker
        heads = self.h // self.workers if self.by_heads else self.h
        self.at_once = max(1, min(heads, AT_ONCE // (self.rows * self.m)))

    def pieces(self, times: Mapping[str, tuple[int, int]]) -> dict[str, Piece]:
        """Return the memory of a block, and that in which each worker adds up."""
        work, found = self.work, {}
        copies = 1 if self.by_heads else self.workers
        for home in {work.home[symbol] for symbol in self.step.inner} - work.whole & work.home.keys():
            if home in self.kept:
                size = copies * self.h * self.rows * self.m
            elif home in self.wide:
                size = self.workers * self.at_once * self.rows * self.m
            else:
                size = prod(lengths(self.shapes[home], {**work.sizes, "n": self.size}))
            found[home] = Piece(size, *times[home])
        start = work.steps.index(self.step) if self.step in work.steps else 0
        end = start + len(self.step.stages)
        most = 1
        for stage in self.step.stages:
            for symbol in (row.symbol for row in stage.sums):
                size = work.size(symbol)
                for worker in range(1, 1 if self.shares_heads(stage) else self.workers):
                    found[f"{symbol} {worker}"] = Piece(size, start, end)
                most = max(most, size // self.h * self.at_once if stage.by_head else size)
        found |= {f"share {worker}": Piece(most, start, end) for worker in range(self.workers)}
        return found

    def walk(self, worker: int) -> None:
        """Go over all query tokens and do a worker's share; raises AttnError as :meth:`Row.compute` does.

        From the last to the first: then the first block looks at every key under a causal mask too.
        """
        blocks = [slice(i, min(i + self.size, self.n)) for i in range(0, self.n, self.size)][::-1]
        sums, begun = self.own_sums(worker), set()
        for row, stage in self.sums if sums else ():
            queries = self.own_queries(stage, blocks[0], worker)
            if queries.start == queries.stop or self.keys_seen(queries) != slice(0, self.m):
                begun.add(row.symbol)
                own = sums[row.symbol]
                (own[self.own_heads(worker)] if self.shares_heads(stage) else own).fill(0)
        self.work.crew.meet(worker)
        for block in blocks:
            parts: dict[bool, Part] = {}
            for i, stage in enumerate(self.step.stages):
                queries = self.own_queries(stage, block, worker)
                if queries.start < queries.stop:
                    by_heads = self.shares_heads(stage)
                    if by_heads not in parts:
                        parts[by_heads] = self.part(block, queries, worker, sums)
                    turns = self.turns.setdefault((block.start, i), count()) if by_heads else count()
                    self.work_out(stage, parts[by_heads], worker, turns, begun)
                self.work.crew.meet(worker)
            begun = self.step.summed
        self.add_up(worker)
        self.work.crew.meet(worker)

    def shares_heads(self, stage: Stage) -> bool:
        """Whether the workers share out a stage by heads."""
        return self.by_heads and stage.by_head

    def own_queries(self, stage: Stage, block: slice, worker: int) -> slice:
        """Return the query tokens of a block for which a worker works a stage out."""
        if worker >= self.workers:
            return slice(0, 0)
        return block if self.shares_heads(stage) else part_of(block, worker, self.workers)

    def own_heads(self, worker: int) -> slice:
        """Return the heads that a worker looks after."""
        return part_of(slice(0, self.h), worker, self.workers)

    def own_sums(self, worker: int) -> dict[str, Array]:
        """Return the memory in which a worker adds up: its own, where it is not shared out by heads."""
        return {
            row.symbol: self.work.values[row.symbol]
            if not worker or self.shares_heads(stage)
            else self.work.seen(row.symbol, self.places[f"{row.symbol} {worker}"])
            for row, stage in self.sums
            if worker < self.workers
        }

    def add_up(self, worker: int) -> None:
        """Add up what the workers have found; raises AttnError where it is too large for its type."""
        for row, stage in self.sums:
            whole = self.work.values[row.symbol]
            if self.shares_heads(stage):
                whole = whole[self.own_heads(worker)]
            elif worker:
                continue
            else:
                with np.errstate(all="ignore"):
                    for other in range(1, self.workers):
                        whole += self.own_sums(other)[row.symbol]
            if not np.isfinite(whole).all():
                raise row.too_large(whole)

    def part(self, block: slice, queries: slice, worker: int, sums: Mapping[str, Array]) -> Part:
        """Return a worker's part of a block of query tokens."""
        keys = self.keys_seen(queries)
        part = Part(queries, keys, {}, {})
        for symbol in self.step.reads.union(self.step.inner, self.step.out):
            part.values[symbol] = self.of_tokens(symbol, part, block, worker)
        for symbol, own in sums.items():
            part.sums[symbol] = self.cut(own, symbol, queries, keys)
        return part

    def keys_seen(self, queries: slice) -> slice:
        """Return the keys that some queries may look at; all, where a row of scores comes out."""
        if self.scores_come_out:
            return slice(0, self.m)
        return self.mask.rows(queries).seen_by_any(queries.stop - queries.start, self.m)

    def of_tokens(self, symbol: str, part: Part, block: slice, worker: int) -> Any:  # noqa: ANN401
        """Return what of a value belongs to some tokens, in a block of them."""
        queries, keys = part.queries, part.keys
        value, home = self.work.values.get(symbol), self.work.home.get(symbol, "")
        if symbol == "mask":
            return value and value.rows(queries).columns(keys)
        if isinstance(value, np.ndarray):
            return self.cut(value, symbol, queries, keys)
        if home not in self.places:
            return value  # a number
        if home not in self.wide:
            inner = self.work.seen(symbol, self.places[home], block.stop - block.start)
            within = slice(queries.start - block.start, queries.stop - block.start)
            return self.cut(inner, symbol, within, keys)
        shape = queries.stop - queries.start, keys.stop - keys.start
        heads = self.h if home in self.kept else self.at_once
        lanes = self.places[home].reshape(-1, heads, self.rows * self.m)
        scores = lanes[worker % len(lanes), :, : prod(shape)].reshape(heads, *shape)
        return scores if has_heads(symbol, self.shapes) else scores[0]

    def cut(self, value: Array, symbol: str, queries: slice, keys: slice) -> Array:
        """Cut a value to some tokens, along each of its axes that has tokens."""
        places: dict[str, Any] = {"n": queries, "m": keys}
        return value[(..., *(places.get(letter, slice(None)) for letter in self.shapes[symbol]))]

    def work_out(
        self, stage: Stage, part: Part, worker: int, turns: Iterator[int], begun: Collection[str]
    ) -> None:
        """Work out a stage, some heads at a time; raises AttnError as :meth:`Row.compute` does.

        ``turns`` says which heads are next, to whoever has time; ``begun`` are the sums that hold something.
        """
        if not stage.by_head:
            self.rows_of(stage, part.values, part.sums, worker, begun)
            return
        while (first := self.at_once * next(turns)) < self.h:
            heads = slice(first, min(first + self.at_once, self.h))
            known = {
                symbol: self.of_heads(symbol, part.values[symbol], heads)
                for symbol in stage.reads.union(row.symbol for row in stage.rows)
            }
            sums = {row.symbol: part.sums[row.symbol][heads] for row in stage.sums}
            self.rows_of(stage, known, sums, worker, begun)

    def of_heads(self, symbol: str, value: Any, heads: slice) -> Any:  # noqa: ANN401
        """Return the matrices of some heads; where there is no room for all, they take turns."""
        if symbol == "mask":
            return value and value.heads(heads)
        if not has_heads(symbol, self.shapes):
            return value
        return value[heads] if len(value) == self.h else value[: heads.stop - heads.start]

    def rows_of(
        self,
        stage: Stage,
        known: dict[str, Any],
        sums: Mapping[str, Array],
        worker: int,
        begun: Collection[str],
    ) -> None:
        """Work out the rows of a stage in their places, and add to the sums."""
        rows = [row for row in stage.rows if not row.op.view]
        try:
            for row in rows:
                row.op.write(known[row.symbol], *row.operands(known))
        except FloatingPointError:  # the page's own way tells whether it is one, and where
            for row in rows:
                known[row.symbol][...] = row.compute(known)
        for row in stage.sums:
            whole = sums[row.symbol]
            first = row.symbol not in begun
            share = whole if first else like(whole, self.places[f"share {worker}"])
            write(row, share, row.operands(known))
            if not first:
                with np.errstate(all="ignore"):  # a sum too large is told of once it is whole
                    np.add(whole, share, out=whole)


def like(array: Array, memory: Array) -> Array:
    """Return memory in the shape of an array, and in the same order."""
    place = memory[: array.size]
    if array.ndim >= MATRIX and array.strides[-2] < array.strides[-1]:
        return place.reshape(*array.shape[:-2], *array.shape[:-3:-1]).mT
    return place.reshape(array.shape)
