"""Time in a test: told by what a fixed piece of work takes in the same process, never by the clock alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from timeit import repeat

LOOP = "for step in range(10**6): total += step"


def pace() -> float:
    """Return the seconds that a loop of Python takes here and now, the best of three."""
    return min(repeat(LOOP, "total = 0", time.process_time, repeat=3, number=1))


@contextmanager
def in_time(most: float = 500) -> Iterator[None]:
    """Assert that what is done inside takes at most ``most`` times a loop of Python over a million numbers.

    The bound is far above what the work takes, and far below what it would take if it grew with the square.
    """
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    assert took < most * pace(), f"{took:.1f} s"
