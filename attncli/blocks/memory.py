"""Where everything lies: one piece of memory for a whole call, laid out before it starts.

To touch memory for the first time costs as much as to compute with it, and what is handed back and
fetched again is touched for the first time again.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.ops.op import Array


LINE = 64  # bytes in a line of the cache: each piece begins a new one


class Piece(NamedTuple):
    """Memory for so many numbers, and the first and the last time at which it is in use."""

    numbers: int
    first: int
    last: int

    def meets(self, other: Piece) -> bool:
        """Whether both are in use at the same time."""
        return self.first <= other.last and other.first <= self.last


class Layout:
    """Pieces, each with its place: two that are in use at the same time do not overlap."""

    def __init__(self, pieces: Mapping[str, Piece], dtype: np.dtype) -> None:
        self.pieces, self.dtype = pieces, dtype
        self.places: dict[str, int] = {}
        self.nbytes = 0  # of all together
        for name in sorted(pieces, key=self.size, reverse=True):  # a large one fits nowhere later
            taken = sorted(
                (self.places[other], self.places[other] + self.size(other))
                for other in self.places
                if pieces[other].meets(pieces[name])
            )
            start = 0
            for begin, end in taken:
                if begin - start >= self.size(name):
                    break
                start = max(start, end)
            self.places[name] = start
            self.nbytes = max(self.nbytes, start + self.size(name))

    def size(self, name: str) -> int:
        """The bytes of a piece, to the end of its last line."""
        return -(-self.pieces[name].numbers * self.dtype.itemsize // LINE) * LINE

    def arrays(self, memory: Array) -> dict[str, Array]:
        """Return each piece as so many numbers, in a memory of ``nbytes`` bytes."""
        size = self.dtype.itemsize
        return {
            name: memory[start : start + self.pieces[name].numbers * size].view(self.dtype)
            for name, start in self.places.items()
        }


class Workspace:
    """Memory that is kept from one call to the next."""

    def __init__(self) -> None:
        self.memory = memory_of(0)

    @contextmanager
    def borrowed(self, nbytes: int) -> Iterator[Array]:
        """Lend so many bytes for a call; a call at the same time in another thread has its own."""
        memory, self.memory = self.memory, memory_of(0)
        if len(memory) < nbytes:
            del memory  # before there is more of it
            memory = memory_of(nbytes)
        try:
            yield memory
        finally:
            self.memory = memory


def memory_of(nbytes: int) -> Array:
    """Return so many bytes that begin with a line of the cache; what is in them is anything."""
    room: Array = np.empty(nbytes + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + nbytes]


KEPT: ContextVar[Workspace | None] = ContextVar("KEPT", default=None)


@contextmanager
def workspace() -> Iterator[None]:
    """Keep the memory in which large problems are worked out until the end of a ``with`` block.

    It saves a loop of many calls the fetching of the same memory in each of them. Results never lie in it.
    """
    token = KEPT.set(Workspace())
    try:
        yield
    finally:
        KEPT.reset(token)


@contextmanager
def borrowed(nbytes: int) -> Iterator[Array]:
    """Lend memory for one call: the workspace's, where the caller has one."""
    with (KEPT.get() or Workspace()).borrowed(nbytes) as memory:
        yield memory
