"""Evaluating a page by its schedule: some rows whole, the others for a block of query tokens at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import ceil, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.blocks.schedule import (
    WIDE,
    Pass,
    dead_after,
    has_heads,
    kept_for_later,
    key_shapes,
    plan,
    registers,
)
from attncli.blocks.threads import Crew, in_shares
from attncli.ops.mask import Mask
from attncli.ops.op import lengths
from attncli.page.page import Row, strict

if TYPE_CHECKING:
    from attncli.blocks.schedule import Stage
    from attncli.ops.op import Array, Shape
    from attncli.page.page import Page


FEWEST, MOST = 32, 128  # query tokens in a block
KEPT = 2**20  # scores of a head in a block: those of every head are kept on the way there and back
AT_ONCE = 2**18  # scores worked out at once, of as many heads as that makes: they stay in the cache
ROOMS = 2**26  # numbers, about, in the memory in which all threads work


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
    shapes = key_shapes(page, letters)
    steps = plan(page, shapes, wanted)
    values: dict[str, Any] = dict(given)
    with Crew() as crew, strict():
        for step, dead in zip(steps, dead_after(steps, page, wanted), strict=True):
            if isinstance(step, Row):
                values[step.symbol] = in_shares(step, values, crew)
            else:
                values |= Blocks(step, values, shapes, sizes, crew).run()
            for symbol in dead:
                del values[symbol]
    return {row.symbol: values[row.symbol] for row in page.rows if row.symbol in wanted}


class Block(NamedTuple):
    """Some query tokens, the key tokens that they may look at, and what is known of them so far."""

    queries: slice
    keys: slice
    values: dict[str, Any]


class Room(NamedTuple):
    """What one thread works with: memory for rows of scores and for a share of a sum, and its own sums."""

    scores: list[Array]
    share: Array
    sums: dict[str, Array]


class Blocks:
    """One pass over the query tokens, a block at a time; within a block, some heads at a time."""

    def __init__(
        self,
        step: Pass,
        values: Mapping[str, Any],
        shapes: Mapping[str, Shape],
        sizes: Mapping[str, int],
        crew: Crew,
    ) -> None:
        self.step, self.shapes, self.sizes, self.crew = step, shapes, sizes, crew
        self.read = {symbol: values[symbol] for symbol in step.reads}
        self.n, self.m, self.h = sizes["n"], sizes["m"], sizes["h"]
        self.dtype = next(value.dtype for value in self.read.values() if isinstance(value, np.ndarray))
        self.mask = self.read.get("mask") or Mask()
        most = max(FEWEST, min(MOST, KEPT // self.m))
        room = self.h * most * self.m + sum(prod(lengths(shapes[row.symbol], sizes)) for row in step.sums)
        self.workers = max(1, min(crew.workers, self.n // (2 * FEWEST), ROOMS // room))
        self.turns = 2 * self.workers
        self.size = min(most, ceil(self.n / self.turns))
        self.heads = max(1, min(self.h, AT_ONCE // (self.size * self.m)))
        self.registers = registers(step, shapes)
        self.results = {symbol: self.empty(symbol) for symbol in step.out}
        self.scores_come_out = any(shapes[symbol][-2:] == WIDE for symbol in step.out)

    def run(self) -> dict[str, Array]:
        """Work out all that comes out of the pass; raises AttnError as :meth:`Row.compute` does."""
        rooms: dict[int, Room] = {}

        def work(worker: int) -> None:
            if worker >= self.workers:
                return
            rooms[worker] = room = self.room()
            with strict():
                for queries in self.blocks_of(worker):
                    self.block(queries, room)

        self.crew.each(work)
        found = [rooms[worker].sums for worker in sorted(rooms)]
        return self.results | {row.symbol: total(row, found) for row in self.step.sums}

    def blocks_of(self, worker: int) -> Iterator[slice]:
        """Yield the blocks of one worker: to and fro, since a causal mask makes the later ones longer."""
        for i, start in enumerate(range(0, self.n, self.size)):
            if i % self.turns in {worker, self.turns - 1 - worker}:
                yield slice(start, min(start + self.size, self.n))

    def room(self) -> Room:
        """Make the memory in which one thread works."""
        kept = {self.registers.get(symbol) for symbol in kept_for_later(self.step)}
        scores = [
            np.empty((self.h if place in kept else self.heads, self.size * self.m), self.dtype)
            for place in sorted(set(self.registers.values()))
        ]
        sums = {row.symbol: self.empty(row.symbol) for row in self.step.sums}
        for own in sums.values():
            own.fill(0)
        most = max((own[: self.heads].size for own in sums.values() if own.ndim), default=0)
        return Room(scores, np.empty(most, self.dtype), sums)

    def empty(self, symbol: str, n: int | None = None) -> Array:
        """Make room for a row of n query tokens; their heads lie side by side, as joining them wants it."""
        letters = self.shapes[symbol]
        shape = lengths(letters, {**self.sizes, "n": n or self.n})
        if letters[:2] == ("h", "n") and letters[-2:] != WIDE:
            h, n, width = shape
            return np.empty((n, h, width), self.dtype).swapaxes(0, 1)
        return np.empty(shape, self.dtype)

    def block(self, queries: slice, room: Room) -> None:
        """Work out one block, stage by stage."""
        keys = self.keys_seen(queries)
        block = Block(queries, keys, {})
        block.values.update((symbol, self.part(symbol, value, block)) for symbol, value in self.read.items())
        for stage in self.step.stages:
            self.prepare(stage, block, room)
            for first in range(0, self.h, self.heads) if stage.by_head else (None,):
                heads = None if first is None else slice(first, min(first + self.heads, self.h))
                try:
                    known = self.work_out(stage, heads, block)
                except FloatingPointError:  # the page's own way tells whether it is one, and where
                    known = self.work_out(stage, heads, block, plain=True)
                self.add_up(stage, heads, known, block, room)

    def keys_seen(self, queries: slice) -> slice:
        """Return the keys that a block of queries may look at; all, where a row of scores comes out."""
        if self.scores_come_out:
            return slice(0, self.m)
        return self.mask.rows(queries).seen_by_any(queries.stop - queries.start, self.m)

    def prepare(self, stage: Stage, block: Block, room: Room) -> None:
        """Assign the memory in which the rows of a stage are computed, where it is known beforehand."""
        count, keys = (part.stop - part.start for part in (block.queries, block.keys))
        for symbol in (row.symbol for row in stage.rows):
            if symbol in self.results:
                block.values[symbol] = self.part(symbol, self.results[symbol], block)
            elif symbol in self.registers:
                scores = room.scores[self.registers[symbol]][:, : count * keys].reshape(-1, count, keys)
                block.values[symbol] = scores if has_heads(symbol, self.shapes) else scores[0]
            elif stage.by_head:
                block.values[symbol] = self.empty(symbol, count)

    def work_out(
        self, stage: Stage, heads: slice | None, block: Block, *, plain: bool = False
    ) -> dict[str, Any]:
        """Work out some heads of a stage, in the places prepared; ``plain``: as the page would."""
        known = {symbol: self.of_heads(symbol, block.values[symbol], heads) for symbol in stage.reads}
        for row in stage.rows:
            symbol = row.symbol
            if symbol not in block.values:
                known[symbol] = row.compute(known)
                continue
            out = self.of_heads(symbol, block.values[symbol], heads)
            if plain:
                known[symbol] = out[...] = row.compute(known)
            else:
                row.op.write(out, *row.operands(known))
                known[symbol] = out
        return known

    def of_heads(self, symbol: str, value: Any, heads: slice | None) -> Any:  # noqa: ANN401
        """Return the matrices of some heads; where there is no room for all, they take turns."""
        if heads is None:
            return value
        if symbol == "mask":
            return value and value.heads(heads)
        if not has_heads(symbol, self.shapes):
            return value
        return value[heads] if len(value) == self.h else value[: heads.stop - heads.start]

    def add_up(
        self, stage: Stage, heads: slice | None, known: Mapping[str, Any], block: Block, room: Room
    ) -> None:
        """Add to the sums what some heads of a stage give; note what was found of all heads at once."""
        for row in stage.sums:
            whole = self.of_heads(row.symbol, self.part(row.symbol, room.sums[row.symbol], block), heads)
            share = room.share[: whole.size].reshape(whole.shape) if stage.by_head else None
            given = compute_into(share, row, known)
            with np.errstate(all="ignore"):  # a sum too large is told of once it is whole
                np.add(whole, given, out=whole)
        if heads is None:
            block.values.update(known)

    def part(self, symbol: str, value: Any, block: Block) -> Any:  # noqa: ANN401
        """Return what of a value belongs to a block: its queries, its keys."""
        if symbol == "mask":
            return value and value.rows(block.queries).columns(block.keys)
        if not isinstance(value, np.ndarray):
            return value
        places: dict[str, Any] = {"n": block.queries, "m": block.keys}
        return value[(..., *(places.get(letter, slice(None)) for letter in self.shapes[symbol]))]


def compute_into(out: Array | None, row: Row, known: Mapping[str, Any]) -> Array:
    """Compute a row, where possible in a given place; raises AttnError as :meth:`Row.compute` does."""
    if out is None:
        return row.compute(known)
    try:
        row.op.write(out, *row.operands(known))
    except FloatingPointError:
        return row.compute(known)
    return out


def total(row: Row, found: list[dict[str, Array]]) -> Array:
    """Add up what the threads have found; raises AttnError where that is too large for its type."""
    whole, *others = (sums[row.symbol] for sums in found)
    with np.errstate(all="ignore"):
        for other in others:
            whole += other
    if not np.isfinite(whole).all():
        raise row.too_large(whole)
    return whole
