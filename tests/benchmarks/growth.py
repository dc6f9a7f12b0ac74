"""Growth: time and memory against the number of tokens, as a picture."""

from __future__ import annotations

import math
from pathlib import Path

Lines = dict[str, dict[str, list[tuple[int, float]]]]  # a quantity, an engine, and its points

KINDS = {
    "ours": ("attncli", "#0b6e4f"),
    "fused": ("PyTorch, fused", "#c2410c"),
    "eager": ("PyTorch, eager", "#6b7280"),
}
PICTURE = Path(__file__).parents[2] / ".github" / "growth.svg"
WIDTH, HEIGHT, LEFT, TOP, PANEL = 860, 380, 70, 50, 320


def write(lines: Lines) -> None:
    """Write the picture."""
    PICTURE.write_text(picture(lines), encoding="utf-8")


def picture(found: Lines) -> str:
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
    sizes = sorted({n for line in lines.values() for n, _ in line})
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    height = HEIGHT - TOP - 80

    def x(n: float) -> float:
        return left + PANEL * math.log(n / sizes[0]) / math.log(sizes[-1] / sizes[0])

    def y(value: float) -> float:
        return TOP + height * (high - math.log10(value)) / max(high - low, 1)

    parts = [f'<text x="{left}" y="{TOP - 20}" font-size="14" font-weight="bold">{title}</text>']
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{left} {at:.1f}h{PANEL}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts += [f'<text x="{x(n):.1f}" y="{TOP + height + 20}" text-anchor="middle">{n}</text>' for n in sizes]
    parts.append(f'<text x="{left + PANEL / 2}" y="{TOP + height + 38}" text-anchor="middle">tokens</text>')
    for kind, line in lines.items():
        points = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in line)
        colour = KINDS[kind][1]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(n):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for n, value in line]
    return "".join(parts)
