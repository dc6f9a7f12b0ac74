"""The picture of the README: S = Q·Kᵀ with the numbers of the built-in problem tiny, one cell picked out."""

from __future__ import annotations

import attncli

CELL, LINE = 38, 34  # one number's room, across and down
TOP, LEFT = 66, 104
QUERY, KEY = 0, 2
FONT = "font-family='ui-monospace,Menlo,Consolas,monospace' font-size='17'"
INK, PALE, PICKED = "#24292f", "#57606a", "#ffd8a8"


def text(x: float, y: float, words: str, *, fill: str = INK, anchor: str = "middle", more: str = "") -> str:
    """A word or a number; y is the middle of its line."""
    return f"<text x='{x:g}' y='{y + 6:g}' fill='{fill}' text-anchor='{anchor}' {more}>{words}</text>"


def matrix(values: list[list[float]], x: float, name: str, picked: set[tuple[int, int]]) -> list[str]:
    """A matrix between brackets, its name above it, and some of its cells on a coloured ground."""
    rows, columns = len(values), len(values[0])
    width, height, top = columns * CELL, rows * LINE, TOP + (3 - rows) * LINE / 2
    parts = [
        f"<rect x='{x + j * CELL:g}' y='{top + i * LINE:g}' width='{CELL}' height='{LINE}' fill='{PICKED}'/>"
        for i, j in sorted(picked)
    ]
    for at, tick in ((x - 4, 7), (x + width + 4, -7)):
        parts.append(
            f"<path d='M{at + tick:g} {top - 3:g}h{-tick}v{height + 6}h{tick}' fill='none' stroke='{INK}'/>"
        )
    for i, row in enumerate(values):
        for j, number in enumerate(row):
            parts.append(text(x + (j + 0.5) * CELL, top + (i + 0.5) * LINE, f"{number:g}"))
    return [*parts, text(x + width / 2, 18, name, more="font-weight='bold'")]


def equation() -> str:
    """Draw Q times Kᵀ is S, as an SVG that fetches nothing."""
    problem = attncli.load("tiny")
    tokens, result = problem.tokens, attncli.forward(problem)
    q, k, s = (result[symbol].tolist() for symbol in "QKS")
    keys = [list(column) for column in zip(*k, strict=True)]
    across = range(len(tokens))
    middle = TOP + 1.5 * LINE
    starts = [LEFT, LEFT + 2 * CELL + 62, LEFT + 5 * CELL + 124]
    parts = [
        *matrix(q, starts[0], "Q", {(QUERY, j) for j in range(len(q[0]))}),
        *matrix(keys, starts[1], "Kᵀ", {(i, KEY) for i in range(len(keys))}),
        *matrix(s, starts[2], "S", {(QUERY, KEY)}),
        text(starts[1] - 31, middle, "·"),
        text(starts[2] - 31, middle, "="),
    ]
    parts += [text(LEFT - 18, TOP + (i + 0.5) * LINE, tokens[i], fill=PALE, anchor="end") for i in across]
    small = "font-size='13'"
    parts += [
        text(
            start + (j + 0.5) * CELL,
            TOP - (14 if start == starts[2] else -3),
            tokens[j],
            fill=PALE,
            more=small,
        )
        for start in starts[1:]
        for j in across
    ]
    terms = " + ".join(f"{a:g}·{b:g}" for a, b in zip(q[QUERY], k[KEY], strict=True))
    cell = f"S[{tokens[QUERY]},{tokens[KEY]}]"
    width, height = starts[2] + 3 * CELL + 30, TOP + 3 * LINE + 52
    parts.append(text(width / 2, height - 24, f"{cell} = {terms} = {s[QUERY][KEY]:g}"))
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}'",
            f"     {FONT}>",
            "<rect width='100%' height='100%' rx='8' fill='white'/>",
            *parts,
            "</svg>\n",
        ]
    )
