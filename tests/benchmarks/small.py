"""A small problem: every gradient and every step between, beside PyTorch's autograd on the same numbers."""

from __future__ import annotations

from .report import Table, met
from .workers import Turns, Worker

MODULE = "tests.benchmarks.small_worker"
ROUNDS = 15
TARGET = 0.5


def main() -> None:
    workers = [Worker(MODULE, kind) for kind in ("ours", "eager")]
    sums = [worker.go()["sums"] for worker in workers]
    same = all(abs(one - other) <= 1e-9 * abs(other) for one, other in zip(*sums, strict=True))
    turns = Turns(workers, ROUNDS)
    ours, eager = turns.medians
    for worker in workers:
        worker.stop()
    table = Table("tokens", "wide", "heads", "ours µs", "PyTorch µs", "ratio", "target", "quiet", "same", "")
    ratio = f"{turns.ratio:.2f}"
    table.add(
        *(8, 8, 2, f"{1e6 * ours:.0f}", f"{1e6 * eager:.0f}", ratio, f"≤ {TARGET}", turns.quiet),
        *("yes" if same else "NO", met(turns.ratio <= TARGET)),
    )
    table.show("A small problem: every intermediate kept, beside autograd's gradients")


if __name__ == "__main__":
    main()
