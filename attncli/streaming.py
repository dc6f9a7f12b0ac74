"""Evaluating a page by its schedule: the whole rows by the page's own arithmetic, the others in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.mask import Mask
from attncli.page import Row
from attncli.schedule import Pass, dead_after, key_shapes, plan, registers
from attncli.threads import for_each

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
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        for step, dead in zip(steps, dead_after(steps, page, wanted), strict=True):
            if isinstance(step, Row):
                values[step.symbol] = step.compute(values)
            else:
                values |= Blocks(step, values, shapes, sizes, known).run()
            for symbol in dead:
                del values[symbol]
    return {row.symbol: values[row.symbol] for row in page.rows if row.symbol in wanted}


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

    def run(self) -> dict[str, Array]:
        """Work out all that comes out of the pass."""
        for_each(self.head, range(self.heads))
        return self.results

    def size_of(self, letter: str, sizes: Mapping[str, int]) -> int:
        """Tell how long an axis is."""
        return sizes[letter.removeprefix("h·")] * (self.heads if letter.startswith("h·") else 1)

    def zeros(self, shape: list[int]) -> Array:
        """Make room for a result; heads lie beside each other in memory, as joining them wants it."""
        if len(shape) == 3:  # noqa: PLR2004 - (h × n × d)
            heads, n, width = shape
            return np.zeros((n, heads, width), self.dtype).swapaxes(0, 1)
        return np.zeros(shape, self.dtype)

    def head(self, head: int) -> None:
        """Work out one head."""
        room = [np.empty(self.size * self.m, self.dtype) for _ in range(1 + max(self.registers.values()))]
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
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

    def block(self, head: int, queries: slice, keys: slice, room: list[Array] | None) -> None:
        """Work out one block, into ``room``, or without it as the page would."""
        values = {
            symbol: self.part(symbol, value, head, queries, keys) for symbol, value in self.read.items()
        }
        shape = (queries.stop - queries.start, keys.stop)
        sums = []
        for row in self.step.rows:
            symbol = row.symbol
            if symbol in self.registers and room is not None:
                values[symbol] = out = room[self.registers[symbol]][: shape[0] * shape[1]].reshape(shape)
                self.write(row, out, values, head, queries)
            else:
                values[symbol] = row.compute(values)
            if symbol in self.step.out:
                result = self.part(symbol, self.results[symbol], head, queries, keys)
                if "n" in self.shapes[symbol]:
                    result[...] = values[symbol]
                else:
                    sums.append((result, values[symbol]))
        for result, share in sums:
            np.add(result, share, out=result)

    def write(self, row: Row, out: Array, values: Mapping[str, Any], head: int, queries: slice) -> None:
        """Work out a row of scores in place; again where it is done a second time."""
        args = [
            values[symbol].swapaxes(-1, -2) if transposed else values[symbol]
            for symbol, transposed in row.reads
        ]
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
