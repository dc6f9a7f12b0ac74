"""The graph as a drawing that stands alone: SVG, written without any other program."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from attncli.export.graph import edge_label
from attncli.language import N_, _
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from attncli.readings.graph import Edge, Graph, Node


LETTER = 7.3  # how wide a letter is, at 12 px
HEADER = 84.0
LEGEND = 200.0  # how wide one entry is
LEGENDS = {
    "forward": N_("goes into a row"),
    "gradient": N_("∂ a gradient goes into a row"),
    "reused": N_("a value that a gradient reuses"),
}
STYLE = """
  svg { background: #fff }
  text { font: 12px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1a1a1a }
  .size, .mark { font-size: 10.5px; fill: #555 }
  .mark { paint-order: stroke; stroke: #fff; stroke-width: 3px }
  .name { font-weight: bold }
  g text { text-anchor: middle }
  rect { stroke: #33506e; stroke-width: 1.2; fill: #eaf1f8 }
  .given rect { stroke: #666; fill: #f3f3f3 }
  .gradient rect { stroke: #a03c00; stroke-dasharray: 5 3; fill: #fdf1e7 }
  path { fill: none; stroke: #33506e; stroke-width: 1.3 }
  path.gradient { stroke: #a03c00; stroke-dasharray: 6 3 }
  path.reused { stroke: #777; stroke-width: 1; stroke-dasharray: 1.5 2.5 }
  .heads path { stroke: none; stroke-dasharray: none }
"""
HEADS = {"forward": "#33506e", "gradient": "#a03c00", "reused": "#777"}
SWEEPS = 12
APART = 22.0  # between two boxes of a row
LOOSE = 0.01  # the weight of an item that nothing pulls
NARROW = 8.0  # how much room an edge takes that only passes
BOX = 40.0
CHANNEL = 46.0  # the least height between two rows
LANE = 7.0
MARGIN = 24.0
Point = tuple[float, float]


def svg(graph: Graph, fit: Callable[[str], str]) -> Iterator[str]:
    """Write the drawing: the forward pass down on the left, the gradients up on the right."""
    labels = {node.symbol: (fit(sanitize(node.formula)), fit(node.sizes)) for node in graph.nodes}
    widths = {symbol: LETTER * max(map(len, lines)) + 20 for symbol, lines in labels.items()}
    drawing = arrange(graph, widths, above=HEADER)
    flows = [flow for flow in HEADS if any(edge.flow == flow for edge in graph.edges)]
    width = max(drawing.width, 2 * MARGIN + LEGEND * 1.5 * len(flows))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{drawing.height:.0f}"'
        f' viewBox="0 0 {width:.0f} {drawing.height:.0f}" role="img">\n'
    )
    name = quoted(fit(sanitize(graph.name)))
    yield f"<title>{name}: {quoted(fit(_('what flows into what')))}</title>\n<style>{STYLE}</style>\n"
    yield '<rect width="100%" height="100%" style="fill: #fff; stroke: none"/>\n'
    yield from heads()
    yield f'<text class="name" x="{MARGIN:.0f}" y="28">{name}</text>\n'
    for i, flow in enumerate(flows):
        x = MARGIN + 1.5 * LEGEND * i
        yield f'<path class="{flow}" marker-end="url(#{flow})" d="M{x:.0f} 48h36"/>\n'
        yield f'<text class="size" x="{x + 46:.0f}" y="52">{quoted(fit(_(LEGENDS[flow])))}</text>\n'
    for line in drawing.lines:
        yield from line_text(line, fit)
    for node in graph.nodes:
        yield box_text(node, drawing.boxes[node.symbol], *labels[node.symbol])
    yield "</svg>\n"


def heads() -> Iterator[str]:
    """Define the arrows' heads."""
    yield '<defs class="heads">\n'
    for flow, color in HEADS.items():
        yield (
            f'<marker id="{flow}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
            f' markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" style="fill: {color}; stroke: none"/></marker>\n'
        )
    yield "</defs>\n"


def box_text(node: Node, box: Box, formula: str, size: str) -> str:
    """Draw one node: its formula, and its size below."""
    middle, corner = box.x + box.width / 2, box.height / 2 if node.kind == "given" else 3
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    lines = (("name", 17, formula), ("size", 32, size))
    texts = (
        f'<text class="{style}" x="{middle:.1f}" y="{box.y + down:.1f}">{quoted(text)}</text>'
        for style, down, text in lines
    )
    return f'<g class="{node.kind}"><rect {place} rx="{corner:.0f}"/>{"".join(texts)}</g>\n'


def line_text(line: Line, fit: Callable[[str], str]) -> Iterator[str]:
    """Draw one edge, and its mark beside the arrow's head."""
    flow = line.edge.flow
    way = smooth(line.points) if line.smooth else straight(line.points)
    yield f'<path class="{flow}" marker-end="url(#{flow})" d="{way}"/>\n'
    label = edge_label(line.edge)
    if label:
        x, y = line.points[-1]
        beside = y - 9 if flow == "forward" else y + 16
        yield f'<text class="mark" x="{x + 5:.1f}" y="{beside:.1f}">{quoted(fit(label))}</text>\n'


def smooth(points: tuple[Point, ...]) -> str:
    """Write curves that leave and arrive upright; where two points stand upright, that is a line."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (y + to_y) / 2
        parts.append(f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}")
    return "".join(parts)


def straight(points: tuple[Point, ...]) -> str:
    """Write a line with corners."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def quoted(text: str) -> str:
    """Escape what XML would read as more than text."""
    return escape(text, {'"': "&quot;"})


@dataclass(frozen=True)
class Pass:
    """The place of an edge in a row that it only passes."""

    edge: Edge
    level: int


Item = str | Pass


def levels(graph: Graph) -> dict[str, int]:
    """Tell in which row each node stands: the longest way to it, counted from the top.

    A given stands over its first reader. Gradients begin beside the output and climb; one that is
    read stands just below its reader.
    """
    level: dict[str, int] = {}
    gradients = [node.symbol for node in graph.nodes if node.kind == "gradient"]
    sources: dict[str, list[str]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.flow != "reused":
            sources[edge.target].append(edge.source)
            targets[edge.source].append(edge.target)
    for node in graph.nodes:
        if node.kind == "forward":
            level[node.symbol] = 1 + max((level.get(source, 0) for source in sources[node.symbol]), default=0)
    for node in graph.nodes:
        if node.kind == "given":
            level[node.symbol] = min((level[target] for target in targets[node.symbol]), default=1) - 1
    start = level.get("O", max(level.values(), default=0))
    for symbol in gradients:
        level[symbol] = min((level[source] for source in sources[symbol]), default=start + 1) - 1
    for symbol in reversed(gradients):
        if targets[symbol]:
            level[symbol] = 1 + max(level[target] for target in targets[symbol])
    top = min(level.values(), default=0)
    return {symbol: number - top for symbol, number in level.items()}


@dataclass
class Half:
    """One half of the drawing: its rows in order, and the centre of everything in them."""

    rows: list[list[Item]]
    beside: Mapping[Item, list[Item]]
    widths: Mapping[Item, float]
    centre: dict[Item, float]

    @property
    def width(self) -> float:
        """How wide the half is."""
        return max(
            (self.centre[item] + self.widths[item] / 2 for row in self.rows for item in row), default=0
        )


def half(
    symbols: Sequence[str], edges: Sequence[Edge], level: Mapping[str, int], widths: Mapping[str, float]
) -> Half:
    """Arrange some of the nodes and the edges among them."""
    rows: list[list[Item]] = [[] for _ in range(1 + max(level.values(), default=0))]
    beside: dict[Item, list[Item]] = {symbol: [] for symbol in symbols}
    sizes: dict[Item, float] = {symbol: widths[symbol] for symbol in symbols}
    for symbol in symbols:
        rows[level[symbol]].append(symbol)
    for edge in edges:
        between = passes(edge, level)
        way: list[Item] = [edge.source, *between, edge.target]
        for item in between:
            beside[item], sizes[item] = [], NARROW
            rows[item.level].append(item)
        for one, other in pairwise(way):
            beside[one].append(other)
            beside[other].append(one)
    found = Half(rows, beside, sizes, {})
    order(found)
    place(found)
    return found


def passes(edge: Edge, level: Mapping[str, int]) -> list[Pass]:
    """Return the rows between an edge's ends, in the edge's direction."""
    first, last = level[edge.source], level[edge.target]
    step = 1 if last > first else -1
    return [Pass(edge, between) for between in range(first + step, last, step)]


def order(found: Half) -> None:
    """Sort each row by the mean place of its neighbours in the row before, downward and upward."""
    at: dict[Item, float] = {}

    def number(row: list[Item]) -> None:
        at.update((item, i - (len(row) - 1) / 2) for i, item in enumerate(row))

    for row in found.rows:
        number(row)
    for sweep in range(SWEEPS):
        rows = found.rows if sweep % 2 == 0 else found.rows[::-1]
        for before, row in pairwise(rows):
            near = set(before)
            means = {
                item: fmean([at[other] for other in found.beside[item] if other in near] or [at[item]])
                for item in row
            }
            row.sort(key=means.__getitem__)
            number(row)


def place(found: Half) -> None:
    """Move every item as near to its neighbours as its row allows: the least squares of all edges."""
    for row in found.rows:
        found.centre.update(zip(row, spread([(0.0, 1.0)] * len(row), gaps(found, row)), strict=True))
    for sweep in range(10 * SWEEPS):  # a long chain straightens slowly
        for row in found.rows if sweep % 2 == 0 else found.rows[::-1]:
            middle = fmean([found.centre[item] for item in row]) if row else 0.0
            wanted = []
            for item in row:
                near = [found.centre[other] for other in found.beside[item]]
                # What nothing pulls stays near the others of its row.
                wanted.append((fmean(near), float(len(near))) if near else (middle, LOOSE))
            found.centre.update(zip(row, spread(wanted, gaps(found, row)), strict=True))
    left = min((found.centre[item] - found.widths[item] / 2 for item in found.centre), default=0)
    for item in found.centre:
        found.centre[item] -= left


def gaps(found: Half, row: Sequence[Item]) -> list[float]:
    """Return the least distance between neighbouring centres."""
    return [(found.widths[a] + found.widths[b]) / 2 + APART for a, b in pairwise(row)]


def spread(wanted: Sequence[tuple[float, float]], apart: Sequence[float]) -> list[float]:
    """Return the places nearest to the wanted ones, in weighted squares, that are far enough apart.

    Less the distances that must be between them, the places only have to rise: pool the neighbours
    that do not, and give each pool its weighted mean.
    """
    offsets = list(accumulate(apart, initial=0.0))
    pools: list[tuple[float, float, int]] = []
    for (value, weight), offset in zip(wanted, offsets, strict=False):
        mean, size = value - offset, 1
        while pools and pools[-1][0] > mean:
            before, heavy, count = pools.pop()
            mean = (before * heavy + mean * weight) / (heavy + weight)
            weight, size = heavy + weight, count + size  # noqa: PLW2901 - the pool's own by now
        pools.append((mean, weight, size))
    places = [mean for mean, _, size in pools for _ in range(size)]
    return [value + offset for value, offset in zip(places, offsets, strict=False)]


@dataclass(frozen=True)
class Box:
    """Where a node stands: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float = BOX

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height


@dataclass(frozen=True)
class Line:
    """An edge as it is drawn: curves through points where it is ``smooth``, else straight pieces."""

    edge: Edge
    points: tuple[Point, ...]
    smooth: bool


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines, and how much room they take."""

    boxes: Mapping[str, Box]
    lines: tuple[Line, ...]
    width: float
    height: float


def arrange(graph: Graph, widths: Mapping[str, float], *, above: float) -> Drawing:
    """Lay out a graph whose boxes are so wide, and leave room above it."""
    level = levels(graph)
    left = [node.symbol for node in graph.nodes if node.kind != "gradient"]
    right = [node.symbol for node in graph.nodes if node.kind == "gradient"]
    forward = half(left, [edge for edge in graph.edges if edge.flow == "forward"], level, widths)
    back = half(right, [edge for edge in graph.edges if edge.flow == "gradient"], level, widths)
    lanes = Lanes(graph, level)
    corridor = MARGIN + forward.width + LANE
    shift = corridor + LANE * len(lanes.corridor) + 2 * LANE
    centre = {item: MARGIN + x for item, x in forward.centre.items()}
    centre |= {item: shift + x for item, x in back.centre.items()}
    tops = [above]
    for row in range(len(forward.rows)):
        tops.append(tops[-1] + BOX + lanes.height(row))
    boxes = {
        symbol: Box(centre[symbol] - widths[symbol] / 2, tops[level[symbol]], widths[symbol])
        for symbol in (*left, *right)
    }
    routes = Routes(graph, level, boxes, centre, tops, lanes, corridor)
    width = (shift + back.width if right else MARGIN + forward.width) + MARGIN
    return Drawing(boxes, tuple(map(routes.line, graph.edges)), width, tops[-1])


class Lanes:
    """Which reused values run where: in the corridor, and in the channel under each row."""

    def __init__(self, graph: Graph, level: Mapping[str, int]) -> None:
        self.corridor: dict[str, int] = {}
        self.channels: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
        for edge in graph.edges:
            if edge.flow != "reused":
                continue
            out = self.channels[level[edge.source]]
            out.setdefault((edge.source, ""), len(out))
            if level[edge.source] != level[edge.target]:
                self.corridor.setdefault(edge.source, len(self.corridor))
                into = self.channels[level[edge.target]]
                into.setdefault((edge.source, edge.target), len(into))

    def height(self, row: int) -> float:
        """How high the channel under a row is."""
        return CHANNEL + LANE * len(self.channels[row])


@dataclass
class Routes:
    """Finds the way of each edge."""

    graph: Graph
    level: Mapping[str, int]
    boxes: Mapping[str, Box]
    centre: Mapping[Item, float]
    tops: list[float]
    lanes: Lanes
    corridor: float

    def __post_init__(self) -> None:
        """Give every line a place of its own at the boxes that it leaves and enters."""
        ends: dict[tuple[str, bool], dict[tuple[str, str], float]] = defaultdict(dict)
        for edge in self.graph.edges:
            down = edge.flow == "forward"
            ends[edge.source, down or edge.flow == "reused"][self.leaving(edge)] = self.toward(
                edge, first=True
            )
            ends[edge.target, not down][edge.source, edge.target] = self.toward(edge, first=False)
        self.ports: dict[tuple[str, tuple[str, str]], float] = {}
        for (symbol, _side), lines in ends.items():
            box = self.boxes[symbol]
            for i, key in enumerate(sorted(lines, key=lines.__getitem__), 1):
                self.ports[symbol, key] = box.x + box.width * i / (len(lines) + 1)

    def leaving(self, edge: Edge) -> tuple[str, str]:
        """Name the place where an edge leaves its source: one for all the gradients that reuse it."""
        return (edge.source, "") if edge.flow == "reused" else (edge.source, edge.target)

    def toward(self, edge: Edge, *, first: bool) -> float:
        """Tell how far to the right an edge goes from one of its ends."""
        if edge.flow == "reused":
            return self.corridor
        way: list[Item] = [edge.source, *passes(edge, self.level), edge.target]
        return self.centre[way[1] if first else way[-2]]

    def line(self, edge: Edge) -> Line:
        """Find the way of one edge."""
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        out, into = (
            self.ports[edge.source, self.leaving(edge)],
            self.ports[edge.target, (edge.source, edge.target)],
        )
        if edge.flow == "reused":
            return Line(
                edge, tuple(self.around(edge, (out, source.bottom), (into, target.bottom))), smooth=False
            )
        down = edge.flow == "forward"
        points = [(out, source.bottom if down else source.y)]
        for item in passes(edge, self.level):
            top = self.tops[item.level]
            points += [(self.centre[item], y) for y in ((top, top + BOX) if down else (top + BOX, top))]
        return Line(edge, (*points, (into, target.y if down else target.bottom)), smooth=True)

    def around(self, edge: Edge, start: Point, end: Point) -> list[Point]:
        """Lead a reused value along its lanes."""
        out = self.lane(self.level[edge.source], (edge.source, ""))
        if self.level[edge.source] == self.level[edge.target]:
            return [start, (start[0], out), (end[0], out), end]
        into = self.lane(self.level[edge.target], (edge.source, edge.target))
        x = self.corridor + LANE * self.lanes.corridor[edge.source]
        return [start, (start[0], out), (x, out), (x, into), (end[0], into), end]

    def lane(self, row: int, key: tuple[str, str]) -> float:
        """Return the height of a lane in the channel under a row."""
        return self.tops[row] + BOX + CHANNEL / 2 + LANE * self.lanes.channels[row][key]
