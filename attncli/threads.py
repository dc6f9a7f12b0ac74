"""Two heads at a time: Python threads over the heads, each with BLAS on one processor.

Without threadpoolctl nobody can tell BLAS to keep to one processor; then it has all of them, and the
heads go one after the other.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def for_each(work: Callable[[int], None], items: Sequence[int]) -> None:
    """Do the work for every item, in any order; raises the first error that one of them raises."""
    workers = min(processors(), len(items))
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - an extra: only large problems gain
    except ImportError:
        workers = 1
    if workers == 1:
        for item in items:
            work(item)
        return
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, items):
            pass


def processors() -> int:
    """Tell how many processors to use: OMP_NUM_THREADS, else those that this process may run on."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
