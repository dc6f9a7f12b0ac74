"""Several parts of a large problem at once: Python threads, each with BLAS on one processor.

Without threadpoolctl nobody can tell BLAS to keep to one processor; then it has all of them, and the
parts go one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from attncli.ops.linear import MatMul
from attncli.page.page import strict

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.page.page import Row


WORTH_IT = 2**15  # numbers: fewer are sooner done by one
MATRIX = 2


class Crew:
    """So many threads as there are processors, as long as it is entered."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.workers = 1
        self.pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Take BLAS back to one processor, and have a thread for each."""
        try:
            from threadpoolctl import threadpool_limits  # noqa: PLC0415 - an extra: only large problems gain
        except ImportError:
            return self
        if processors() > 1:
            self.workers = processors()
            self.stack.enter_context(threadpool_limits(1, "blas"))
            self.pool = self.stack.enter_context(ThreadPoolExecutor(self.workers))
        return self

    def __exit__(self, *_error: object) -> None:
        """Give BLAS its processors back."""
        self.stack.close()

    def each(self, work: Callable[[int], None]) -> None:
        """Let each worker do its share, given its number; raises the first error that one of them raises."""
        run: Callable[[Callable[[int], None], Iterable[int]], Iterable[None]]
        run = map if self.pool is None else self.pool.map
        for _ in run(work, range(self.workers)):
            pass


def processors() -> int:
    """Return how many processors to use: OMP_NUM_THREADS, else those that this process may run on."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return cores()


def cores() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_shares(row: Row, values: Mapping[str, Any], crew: Crew) -> Array:
    """Compute a row from whole values, as :meth:`Row.compute` does.

    Raises AttnError where the result is beyond the largest number of its type.
    """
    args = row.operands(values)
    if not isinstance(row.op, MatMul) or args[0].ndim != MATRIX or args[0].size < WORTH_IT:
        return row.compute(values)
    a, b, *bias = args
    edges = np.linspace(0, len(a), crew.workers + 1).astype(int).tolist()
    result = np.empty((len(a), b.shape[-1]), a.dtype)

    def work(worker: int) -> None:
        rows = slice(edges[worker], edges[worker + 1])
        with strict():
            row.op.write(result[rows], a[rows], b, *bias)

    try:
        crew.each(work)
    except FloatingPointError:
        return row.compute(values)
    return result
