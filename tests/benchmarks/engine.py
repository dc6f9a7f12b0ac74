"""Real sizes: a layer's gradients, beside PyTorch's fused and eager attention on the same numbers.

Each engine runs in a process of its own and they take turns; only turns count during which nobody else used
the machine. The first call of a process stands apart from later ones, and imports count for nobody.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from . import growth
from .report import Table, met
from .workers import Turns, Worker

MODULE = "tests.benchmarks.engine_worker"
SIZES = (512, 1024, 2048, 4096)
TURNS = {512: 15, 1024: 9, 2048: 7, 4096: 3}
CALLS = {512: 5, 1024: 2, 2048: 1, 4096: 1}  # in a turn: the clock of what others do is a coarse one
FIRST = {512: 5, 1024: 3, 2048: 3, 4096: 1}  # new processes
ONCE_MORE = 1.2  # times a later call, that the first may take
MIB = 2**20
LONGEST, ROOM = 16384, 1.25 * 2**30


class Targets(NamedTuple):
    """What a ratio is to be at most."""

    fused: float
    eager: float


def targets(n: int, dtype: str) -> Targets:
    """Return the targets of a size."""
    small = n == SIZES[0]
    if dtype == "float32":
        return Targets(1.0 if small else 0.95, 0.7 if small else 0.45)
    return Targets(0.8 if small else 0.72, 0.7 if small else 0.45)


def main() -> None:
    layer = Table(*("n", "numbers", "mask", "ours s", "/ fused", "target", "/ eager", "target", "quiet", ""))
    first = Table("n", "numbers", "mask", "ours s", "fused s", "/ fused", "target", "")
    again = Table("n", "numbers", "mask", "first s", "touching s", "later s", "ratio", "target", "")
    memory = Table("n", "numbers", "mask", "ours MiB", "fused MiB", "/ fused", "target", "")
    lines: growth.Lines = {"seconds": {}, "MiB": {}}
    for dtype in ("float64", "float32"):
        for mask in ("none", "causal"):
            for n in SIZES:
                case = (n, dtype, mask)
                one = Case(case)
                to = targets(n, dtype)
                layer.add(
                    *(*case, f"{one.ours:.3f}", f"{one.to_fused:.2f}", f"≤ {to.fused}"),
                    *(f"{one.to_eager:.2f}", f"≤ {to.eager}", one.quiet),
                    met(one.to_fused <= to.fused and one.to_eager <= to.eager) if one.same else "WRONG",
                )
                ours, fused = one.first
                first.add(
                    *(*case, f"{ours:.3f}", f"{fused:.3f}", f"{ours / fused:.2f}", "≤ 1.0"),
                    met(ours <= fused),
                )
                ratio = (ours - one.touching) / one.ours
                again.add(
                    *(*case, f"{ours:.3f}", f"{one.touching:.3f}", f"{one.ours:.3f}"),
                    *(f"{ratio:.2f}", f"≤ {ONCE_MORE}", met(ratio <= ONCE_MORE)),
                )
                ours, fused = (max(one.beyond[kind], 1) for kind in ("ours", "fused"))
                memory.add(
                    *(*case, f"{ours / MIB:.0f}", f"{fused / MIB:.0f}", f"{ours / fused:.2f}", "≤ 1"),
                    met(ours <= fused),
                )
                if dtype == "float64" and mask == "none":
                    for kind, seconds in one.seconds.items():
                        lines["seconds"].setdefault(kind, []).append((n, seconds))
                        lines["MiB"].setdefault(kind, []).append((n, max(one.beyond[kind] / MIB, 0.1)))
    layer.show("A layer of 8 heads, d_model 512: gradients of X and all weights, later calls")
    first.show("The first call of a process")
    again.show("The same less what touching all its memory once costs, by a later call")
    memory.show("Memory beyond inputs and outputs")
    long_sequence()
    if "--write" in sys.argv:
        growth.write(lines)


class Case:
    """One size, one kind of numbers, with or without a causal mask."""

    def __init__(self, case: tuple[int, str, str]) -> None:
        n, dtype, _mask = case
        ours, fused = (Worker(MODULE, kind, *case) for kind in ("ours", "fused"))
        calls = [[worker.go() for worker in (ours, fused)]]
        sums = [call["sums"] for call in calls[0]]
        self.same = np.allclose(*sums, rtol=1e-9 if dtype == "float64" else 1e-3)
        later = Turns([ours, fused], TURNS[n], CALLS[n])
        self.beyond = {kind: worker.go()["beyond"] for kind, worker in (("ours", ours), ("fused", fused))}
        fused.stop()
        eager = Worker(MODULE, "eager", *case)
        eager.go()
        to_eager = Turns([ours, eager], max(1, TURNS[n] // 3), CALLS[n])
        self.beyond["eager"] = eager.go()["beyond"]
        touched = [ours.ask("touch")["seconds"]]
        for worker in (ours, eager):
            worker.stop()
        for _ in range(1, FIRST[n]):
            new = [Worker(MODULE, kind, *case) for kind in ("ours", "fused")]
            calls.append([worker.go() for worker in new])
            touched.append(new[0].ask("touch")["seconds"])
            for worker in new:
                worker.stop()
        self.first = [float(np.median([call[i]["seconds"] for call in calls])) for i in range(2)]
        self.touching = float(np.median(touched))
        self.ours, fused_seconds = later.medians
        self.to_fused, self.to_eager = later.ratio, to_eager.ratio
        self.seconds = {"ours": self.ours, "fused": fused_seconds, "eager": to_eager.medians[1]}
        self.quiet = f"{later.quiet}+{to_eager.quiet}"


def long_sequence() -> None:
    """A long sequence, once: its time beside the fused form's, and the memory of the whole process."""
    table = Table("n", "numbers", "mask", "ours s", "/ fused", "target", "process MiB", "target", "")
    case = (LONGEST, "float64", "causal")
    found = []
    for kind in ("ours", "fused"):
        worker = Worker(MODULE, kind, *case)
        found.append(worker.go())
        worker.stop()
    ours, fused = found
    ratio = ours["seconds"] / fused["seconds"]
    table.add(
        *(*case, f"{ours['seconds']:.1f}", f"{ratio:.2f}", "≤ 1.2"),
        *(f"{ours['peak'] / MIB:,.0f}", f"≤ {ROOM / MIB:,.0f}", met(ratio <= 1.2 and ours["peak"] <= ROOM)),
    )
    table.show("A long sequence, the first call of a process; the memory of the whole process")
