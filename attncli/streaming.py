"""Evaluating a page by its schedule: the whole rows by the page's own arithmetic, the others in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.mask import Mask
from attncli.page import Row, strict
from attncli.row_shares import in_shares
from attncli.schedule import Pass, dead_after, key_shapes, plan, registers
from attncli.threads import Crew

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from attncli.ops.op import Array, Shape
    from attncli.page import Page

BLOCK = 2**19  # numbers in a block, so that it stays in the cache
FEWEST, MOST = 32, 256  # queries in a block


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
    known: dict[str, Array] = {}
    with Crew() as crew, strict():
        for step, dead in zip(steps, dead_after(steps, page, wanted), strict=True):
            if isinstance(step, Row):
                values[step.symbol] = in_shares(step, values, crew)
            else:
                values |= Blocks(step, values, shapes, sizes, known).run(crew)
            for symbol in dead:
                del values[symbol]
    return {row.symbol: values[row.symbol] for row in page.rows if row.symbol in wanted}


class Room(NamedTuple):
    """The memory of one thread: for rows of scores, and for what a block adds to a sum."""

    scores: list[Array]
    shares: dict[str, Array]


class Blocks:
    """One pass over every head, a block of queries at a time.

    ``known`` keeps, from pass to pass, what makes a row cheaper to work out again.
    """

    def __init__(
        self,
        step: Pass,
        values: Mapping[str, Any],
        shapes: Mapping[str, Shape],
        sizes: Mapping[str, int],
        known: dict[str, Array],
    ) -> None:
        self.step, self.shapes, self.known = step, shapes, known
        self.read = {symbol: values[symbol] for symbol in step.reads}
        self.n, self.m, self.heads = sizes["n"], sizes["m"], sizes["h"]
        self.dtype = next(value.dtype for value in self.read.values() if isinstance(value, np.ndarray))
        self.registers = registers(step, shapes)
        self.mask = self.read.get("mask") or Mask()
        self.size = max(FEWEST, min(MOST, BLOCK // self.m))
        self.results = {
            row.symbol: self.zeros([self.size_of(letter, sizes) for letter in shapes[row.symbol]])
            for row in step.rows
            if row.symbol in step.out
        }

    def run(self, crew: Crew) -> dict[str, Array]:
        """Work out all that comes out of the pass; every worker takes some of the heads."""

        def heads(worker: int) -> None:
            room = self.room()
            for head in range(worker, self.heads, crew.workers):
                self.head(head, room)

        crew.each(heads)
        return self.results

    def room(self) -> Room:
        """Make the memory in which one thread works: for the rows of scores, and for shares of a sum."""
        count = 1 + max(self.registers.values())
        scores = [np.empty(self.size * self.m, self.dtype) for _ in range(count)]
        sums = {symbol: result for symbol, result in self.results.items() if "n" not in self.shapes[symbol]}
        return Room(
            scores, {symbol: np.empty(result.shape[-2:], self.dtype) for symbol, result in sums.items()}
        )

    def size_of(self, letter: str, sizes: Mapping[str, int]) -> int:
        """Tell how long an axis is."""
        return sizes[letter.removeprefix("h·")] * (self.heads if letter.startswith("h·") else 1)

    def zeros(self, shape: list[int]) -> Array:
        """Make room for a result; heads lie beside each other in memory, as joining them wants it."""
        if len(shape) == 3:  # noqa: PLR2004 - (h × n × d)
            heads, n, width = shape
            return np.zeros((n, heads, width), self.dtype).swapaxes(0, 1)
        return np.zeros(shape, self.dtype)

    def head(self, head: int, room: Room) -> None:
        """Work out one head."""
        with strict():
            for start in range(0, self.n, self.size):
                queries = slice(start, min(start + self.size, self.n))
                keys = slice(0, self.keys_seen(queries))
                if keys.stop:
                    try:
                        self.block(head, queries, keys, room)
                    except FloatingPointError:  # the page's own way tells whether it is one, and where
                        self.block(head, queries, keys, None)

    def keys_seen(self, queries: slice) -> int:
        """Count the keys that a block of queries may look at; all, where a row of scores comes out."""
        if any(symbol in self.registers for symbol in self.step.out):
            return self.m
        return self.mask.rows(queries).seen_by_any(queries.stop - queries.start, self.m)

    def block(self, head: int, queries: slice, keys: slice, room: Room | None) -> None:
        """Work out one block, in ``room``, or without it as the page would."""
        values = {
            symbol: self.part(symbol, value, head, queries, keys) for symbol, value in self.read.items()
        }
        sums = []
        for row in self.step.rows:
            symbol = row.symbol
            result = self.results.get(symbol)
            if result is not None:
                result = self.part(symbol, result, head, queries, keys)
            if room is None:
                values[symbol] = row.compute(values)
            else:
                values[symbol] = out = self.place(symbol, result, queries, keys, room)
                self.write(row, out, values, head, queries)
            if result is not None and "n" not in self.shapes[symbol]:
                sums.append((result, values[symbol]))
            elif result is not None and values[symbol] is not result:
                result[...] = values[symbol]
        for result, share in sums:
            np.add(result, share, out=result)

    def place(self, symbol: str, result: Array | None, queries: slice, keys: slice, room: Room) -> Array:
        """Say where a row of a block is worked out: in the room, or where its result belongs."""
        if symbol in self.registers:
            shape = (queries.stop - queries.start, keys.stop)
            return room.scores[self.registers[symbol]][: shape[0] * shape[1]].reshape(shape)
        if symbol in room.shares:
            return room.shares[symbol][keys]
        assert result is not None  # noqa: S101 - what is neither is a block of a result
        return result

    def write(self, row: Row, out: Array, values: Mapping[str, Any], head: int, queries: slice) -> None:
        """Work out a row of scores in place; again where it is done a second time."""
        args = row.operands(values)
        if row.symbol in self.step.again and row.symbol in self.known:
            row.op.again(out, self.known[row.symbol][head, queries], *args)
            return
        known = row.op.write(out, *args)
        if known is not None:
            kept = self.known.setdefault(row.symbol, np.empty((self.heads, self.n, 1), self.dtype))
            kept[head, queries] = known

    def part(self, symbol: str, value: Any, head: int, queries: slice, keys: slice) -> Any:  # noqa: ANN401
        """Return what of a value belongs to a block: its head, its queries, its keys."""
        if symbol == "mask":
            return value and value.head(head).rows(queries).columns(keys)
        if not isinstance(value, np.ndarray):
            return value
        places: dict[str, Any] = {"h": head, "n": queries, "m": keys}
        return value[tuple(places.get(letter, slice(None)) for letter in self.shapes[symbol])]
