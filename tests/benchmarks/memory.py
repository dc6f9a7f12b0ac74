"""Memory: the peak beyond inputs and outputs, beside PyTorch's fused attention."""

from __future__ import annotations

from .engine import MODULE, SIZES
from .report import Table
from .workers import Worker

MIB = 2**20
LONGEST = 16384
ROOM = 1.25 * 2**30


def main() -> None:
    table = Table("n", "numbers", "mask", "ours MiB", "fused MiB", "ratio", "target")
    for dtype in ("float64", "float32"):
        for mask in ("none", "causal"):
            for n in SIZES:
                ours, fused = (beyond(kind, n, dtype, mask)["beyond"] for kind in ("ours", "fused"))
                table.add(n, dtype, mask, *amounts(ours, fused), "≤ 1")
    table.show("Peak beyond inputs and outputs, the gradients of a layer")

    whole = Table("n", "numbers", "mask", "seconds", "whole process MiB", "target")
    measured = beyond("ours", LONGEST, "float64", "causal")
    whole.add(
        *(LONGEST, "float64", "causal", f"{measured['seconds']:.1f}"),
        *(f"{measured['peak'] / MIB:,.0f}", f"≤ {ROOM / MIB:,.0f}"),
    )
    whole.show("A long sequence")


def beyond(kind: str, n: int, dtype: str, mask: str) -> dict[str, float]:
    """Measure in a process of its own: the peak is that of its whole life."""
    worker = Worker(MODULE, kind, n, dtype, mask)
    worker.go()
    measured = worker.go()
    worker.stop()
    return measured


def amounts(ours: float, fused: float) -> tuple[str, str, str]:
    return f"{ours / MIB:.0f}", f"{fused / MIB:.0f}", f"{ours / max(fused, 1):.2f}"
