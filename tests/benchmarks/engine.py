"""Real sizes: a layer's gradients, beside PyTorch's fused and eager attention on the same numbers."""

from __future__ import annotations

import numpy as np

from .report import Table
from .workers import Worker, in_turn

MODULE = "tests.benchmarks.engine_worker"
SIZES = (512, 1024, 2048, 4096)


def targets(n: int, dtype: str) -> tuple[float, float]:
    """What the ratio to the fused and to the eager form is to be at most."""
    fused = 0.75 if dtype == "float32" else 0.8 if n == SIZES[0] else 0.65
    return fused, 0.9 if n == SIZES[0] else 0.5


def main() -> None:
    table = Table("n", "numbers", "mask", "ours s", "/ fused", "target", "/ eager", "target", "same")
    for dtype in ("float64", "float32"):
        for mask in ("none", "causal"):
            for n in SIZES:
                table.add(*row(n, dtype, mask))
    table.show("A layer of 8 heads, d_model 512: gradients of X and all weights, 2 threads")


def row(n: int, dtype: str, mask: str) -> list[object]:
    workers = [Worker(MODULE, kind, n, dtype, mask) for kind in ("ours", "fused", "eager")]
    sums = [worker.go()["sums"] for worker in workers]
    same = np.allclose(sums[0], sums[1], rtol=1e-9 if dtype == "float64" else 1e-3)
    rounds = max(3, 4096 // n + 1)
    ours, fused, eager = in_turn(workers, rounds)
    for worker in workers:
        worker.stop()
    to_fused, to_eager = targets(n, dtype)
    return [
        *(n, dtype, mask, f"{ours:.3f}"),
        *(f"{ours / fused:.2f}", f"≤ {to_fused}", f"{ours / eager:.2f}", f"≤ {to_eager}"),
        "yes" if same else "NO",
    ]
