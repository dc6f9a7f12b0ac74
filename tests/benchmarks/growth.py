"""Growth: time and memory against the number of tokens, as a picture for the README."""

from __future__ import annotations

import math
from pathlib import Path

from .engine import MODULE
from .memory import MIB, beyond
from .report import Table
from .workers import Worker, in_turn

SIZES = (256, 512, 1024, 2048, 4096)
KINDS = {
    "ours": ("attncli", "#0b6e4f"),
    "fused": ("PyTorch, fused", "#c2410c"),
    "eager": ("PyTorch, eager", "#6b7280"),
}
MOST_EAGER = 2048  # beyond, its n × n matrices take gigabytes
PICTURE = Path(__file__).parents[2] / ".github" / "growth.svg"
WIDTH, HEIGHT, LEFT, TOP, PANEL = 860, 380, 70, 50, 320


def main() -> None:
    table = Table("n", *(f"{name} {unit}" for unit in ("s", "MiB") for name, _ in KINDS.values()))
    found: dict[str, dict[str, list[tuple[int, float]]]] = {"seconds": {}, "MiB": {}}
    for n in SIZES:
        kinds = [kind for kind in KINDS if kind != "eager" or n <= MOST_EAGER]
        workers = [Worker(MODULE, kind, n, "float64", "none") for kind in kinds]
        for worker in workers:
            worker.go()
        seconds = dict(zip(kinds, in_turn(workers, 2), strict=True))
        for worker in workers:
            worker.stop()
        memory = {kind: beyond(kind, n, "float64", "none")["beyond"] / MIB for kind in kinds}
        for kind in kinds:
            found["seconds"].setdefault(kind, []).append((n, seconds[kind]))
            found["MiB"].setdefault(kind, []).append((n, max(memory[kind], 0.1)))
        table.add(
            n,
            *(f"{seconds[kind]:.3f}" if kind in kinds else "" for kind in KINDS),
            *(f"{memory[kind]:.0f}" if kind in kinds else "" for kind in KINDS),
        )
    table.show("Growth: float64, no mask, a layer's gradients, 2 threads")
    PICTURE.write_text(picture(found), encoding="utf-8")
    print(f"written: {PICTURE.relative_to(PICTURE.parents[1])}")


def picture(found: dict[str, dict[str, list[tuple[int, float]]]]) -> str:
    """Draw both panels, each on logarithmic axes."""
    titles = {"seconds": "Time, seconds", "MiB": "Memory beyond inputs and outputs, MiB"}
    panels = [
        panel(LEFT + i * (PANEL + 110), titles[quantity], lines)
        for i, (quantity, lines) in enumerate(found.items())
    ]
    legend = "".join(
        f'<circle cx="{LEFT + 200 * i}" cy="{HEIGHT - 14}" r="5" fill="{colour}"/>'
        f'<text x="{LEFT + 12 + 200 * i}" y="{HEIGHT - 10}">{name}</text>'
        for i, (name, colour) in enumerate(KINDS.values())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12" '
        f'font-family="sans-serif"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{''.join(panels)}{legend}</svg>\n"
    )


def panel(left: float, title: str, lines: dict[str, list[tuple[int, float]]]) -> str:
    """Draw one panel: a grid line a power of ten, a mark a measurement."""
    values = [value for line in lines.values() for _, value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    height = HEIGHT - TOP - 80

    def x(n: float) -> float:
        return left + PANEL * math.log(n / SIZES[0]) / math.log(SIZES[-1] / SIZES[0])

    def y(value: float) -> float:
        return TOP + height * (high - math.log10(value)) / max(high - low, 1)

    parts = [f'<text x="{left}" y="{TOP - 20}" font-size="14" font-weight="bold">{title}</text>']
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{left} {at:.1f}h{PANEL}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts += [f'<text x="{x(n):.1f}" y="{TOP + height + 20}" text-anchor="middle">{n}</text>' for n in SIZES]
    parts.append(f'<text x="{left + PANEL / 2}" y="{TOP + height + 38}" text-anchor="middle">tokens</text>')
    for kind, line in lines.items():
        points = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in line)
        colour = KINDS[kind][1]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(n):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for n, value in line]
    return "".join(parts)
