"""The graph as a drawing that stands alone: SVG, written without any other program."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, pairwise
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from attncli.export.graph import edge_label
from attncli.language import N_, _
from attncli.untrusted import in_markup, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from attncli.readings.graph import Edge, Flow, Graph, Kind


LETTER = 7.3  # the width of a letter, at 12 px
HEADER = 84.0  # the height of the title and the legend
LEGEND = 300.0  # the width of one of its entries
LEGENDS = {
    "forward": N_("a value of the forward pass"),
    "gradient": N_("∂ a gradient"),
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
"""
COLORS = {"forward": "#33506e", "gradient": "#a03c00", "reused": "#777"}
SWEEPS = 12  # over all rows, to put them in order; ten times as many to place their boxes
APART = 22.0  # the least gap between two boxes of a row
NARROW = 8.0  # the width of an edge that passes between them
BOX = 40.0  # the height of a box
CHANNEL = 46.0  # the least gap between two rows
LANE = 7.0
MARGIN = 24.0
Point = tuple[float, float]


class Pass(NamedTuple):
    """The place of an edge in a row that it only passes."""

    edge: Edge
    row: int


Item = str | Pass


class Box(NamedTuple):
    """Where a node stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float = BOX

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height


class Line(NamedTuple):
    """An edge and the points that it is drawn through, with corners where it is not ``smooth``."""

    edge: Edge
    points: tuple[Point, ...]

    @property
    def smooth(self) -> bool:
        """Whether it is drawn as curves: only reused values have lanes."""
        return self.edge.flow != "reused"


class Drawing(NamedTuple):
    """Boxes and lines, and how much room they take."""

    boxes: Mapping[str, Box]
    lines: Sequence[Line]
    width: float
    height: float


def svg(graph: Graph, fit: Callable[[str], str]) -> Iterator[str]:
    """Write the drawing: the forward pass down on the left, the gradients up on the right."""
    labels = {node.symbol: (fit(sanitize(node.formula)), fit(node.sizes)) for node in graph.nodes}
    widths = {symbol: LETTER * max(map(len, label)) + 20 for symbol, label in labels.items()}
    drawing = arrange(graph, widths, above=HEADER)
    flows = [flow for flow in COLORS if any(edge.flow == flow for edge in graph.edges)]
    width, height = max(drawing.width, 2 * MARGIN + LEGEND * len(flows)), drawing.height
    name = in_markup(fit(sanitize(graph.name)))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n'
        f"<title>{name}: {in_markup(fit(_('the computation graph')))}</title>\n<style>{STYLE}</style>\n"
        '<rect width="100%" height="100%" style="fill: #fff; stroke: none"/>\n'
    )
    yield from arrow_heads()
    yield f'<text class="name" x="{MARGIN:.0f}" y="28">{name}</text>\n'
    for i, flow in enumerate(flows):
        x = MARGIN + LEGEND * i
        yield f'<path class="{flow}" marker-end="url(#{flow})" d="M{x:.0f} 48h36"/>\n'
        yield f'<text class="size" x="{x + 46:.0f}" y="52">{in_markup(fit(_(LEGENDS[flow])))}</text>\n'
    for line in drawing.lines:
        yield from line_text(line, fit)
    for node in graph.nodes:
        yield box_text(node.kind, drawing.boxes[node.symbol], *map(in_markup, labels[node.symbol]))
    yield "</svg>\n"


def arrow_heads() -> Iterator[str]:
    """Define the arrows' heads."""
    yield "<defs>\n"
    for flow, color in COLORS.items():
        yield (
            f'<marker id="{flow}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
            f' markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" style="fill: {color}; stroke: none"/></marker>\n'
        )
    yield "</defs>\n"


def box_text(kind: Kind, box: Box, formula: str, size: str) -> str:
    """Draw one node: its formula, and its size below."""
    middle, corner = box.x + box.width / 2, box.height / 2 if kind == "given" else 3
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    texts = (
        f'<text class="{style}" x="{middle:.1f}" y="{box.y + down:.1f}">{text}</text>'
        for style, down, text in (("name", 17, formula), ("size", 32, size))
    )
    return f'<g class="{kind}"><rect {place} rx="{corner:.0f}"/>{"".join(texts)}</g>\n'


def line_text(line: Line, fit: Callable[[str], str]) -> Iterator[str]:
    """Draw one edge, and its label beside the arrow's head."""
    flow, ((x, y), *rest) = line.edge.flow, line.points
    way = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in rest:
        # A curve leaves and arrives upright; where two points stand upright, it is a line.
        half = (y + to_y) / 2
        way += f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} " if line.smooth else "L"
        way += f"{to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    yield f'<path class="{flow}" marker-end="url(#{flow})" d="{way}"/>\n'
    label = edge_label(line.edge)
    if label:
        # On the side from which the line does not come.
        beside, anchor = (-5, "end") if line.points[-2][0] > x else (5, "start")
        place = f'x="{x + beside:.1f}" y="{y - 9 if flow == "forward" else y + 16:.1f}"'
        yield f'<text class="mark" {place} text-anchor="{anchor}">{in_markup(fit(label))}</text>\n'


def arrange(graph: Graph, widths: Mapping[str, float], *, above: float) -> Drawing:
    """Lay out a graph whose boxes have these widths, with room left above it.

    The forward pass stands on the left and the gradients on the right. A reused value has lanes of its
    own: below its box, in the corridor between the halves, and below the boxes of the gradients.
    """
    level = levels(graph)
    corridor: dict[str, int] = {}
    channels: list[dict[str, int]] = [{} for _ in range(1 + max(level.values(), default=0))]
    for edge in graph.edges:
        if edge.flow == "reused":
            for lanes in (corridor, channels[level[edge.source]], channels[level[edge.target]]):
                lanes.setdefault(edge.source, len(lanes))
    tops = list(accumulate((BOX + CHANNEL + LANE * len(lanes) for lanes in channels), initial=above))
    left, between = half(graph, "forward", level, widths, MARGIN)
    right, end = half(graph, "gradient", level, widths, between + LANE * (len(corridor) + 2))
    centre = left | right
    boxes = {
        symbol: Box(centre[symbol] - wide / 2, tops[level[symbol]], wide) for symbol, wide in widths.items()
    }

    def waypoints(edge: Edge) -> list[Point]:
        """Return the points that an edge passes between its boxes."""
        if edge.flow != "reused":
            sides = (0.0, BOX) if edge.flow == "forward" else (BOX, 0.0)
            return [(centre[item], tops[item.row] + side) for item in passes(edge, level) for side in sides]
        x = between + LANE * (1 + corridor[edge.source])
        rows = (level[edge.source], level[edge.target])
        return [(x, tops[row] + BOX + CHANNEL / 2 + LANE * channels[row][edge.source]) for row in rows]

    lines = connect({edge: waypoints(edge) for edge in graph.edges}, boxes)
    return Drawing(boxes, lines, end + MARGIN, tops[-1])


def levels(graph: Graph) -> dict[str, int]:
    """Return the row of the drawing in which each node stands: the longest way to it, from the top.

    A given stands over its first reader. Gradients begin beside the output and climb; one that is
    read stands just below its reader.
    """
    level: dict[str, int] = {}
    sources: dict[str, list[str]] = defaultdict(list)
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.flow != "reused":
            sources[edge.target].append(edge.source)
            targets[edge.source].append(edge.target)
    givens, forward, gradients = (
        [node.symbol for node in graph.nodes if node.kind == kind]
        for kind in ("given", "forward", "gradient")
    )
    for symbol in forward:
        level[symbol] = 1 + max((level.get(source, 0) for source in sources[symbol]), default=0)
    for symbol in givens:
        level[symbol] = min((level[target] for target in targets[symbol]), default=1) - 1
    start = level.get("O", max(level.values(), default=0))
    for symbol in gradients:
        level[symbol] = min((level[source] for source in sources[symbol]), default=start + 1) - 1
    for symbol in reversed(gradients):
        level[symbol] = max((level[target] + 1 for target in targets[symbol]), default=level[symbol])
    top = min(level.values(), default=0)
    return {symbol: row - top for symbol, row in level.items()}


def passes(edge: Edge, level: Mapping[str, int]) -> list[Pass]:
    """Return the rows between an edge's ends, in the edge's direction."""
    first, last = level[edge.source], level[edge.target]
    step = 1 if last > first else -1
    return [Pass(edge, row) for row in range(first + step, last, step)]


def half(
    graph: Graph, flow: Flow, level: Mapping[str, int], widths: Mapping[str, float], left: float
) -> tuple[dict[Item, float], float]:
    """Place the nodes and edges of one half, from ``left`` on: return their centres, and where it ends."""
    rows: list[list[Item]] = [[] for _ in range(1 + max(level.values(), default=0))]
    near: dict[Item, list[Item]] = defaultdict(list)
    size: dict[Item, float] = {}
    for node in graph.nodes:
        if (node.kind == "gradient") == (flow == "gradient"):
            rows[level[node.symbol]].append(node.symbol)
            size[node.symbol] = widths[node.symbol]
    for edge in graph.edges:
        if edge.flow == flow:
            between = passes(edge, level)
            for item in between:
                rows[item.row].append(item)
                size[item] = NARROW
            way: list[Item] = [edge.source, *between, edge.target]
            for one, other in pairwise(way):
                near[one].append(other)
                near[other].append(one)
    centre = dict.fromkeys(size, 0.0)
    downward = flow == "gradient"
    for _sweep in range(SWEEPS):  # the last one goes with the flow, so that long lines are upright
        for before, row in pairwise([[], *rows[:: 1 if downward else -1]]):
            line_up(row, before, near, size, centre)
        downward = not downward
    start = min((centre[item] - size[item] / 2 for item in size), default=0)
    end = max((centre[item] + size[item] / 2 for item in size), default=0)
    return {item: x - start + left for item, x in centre.items()}, end - start + left


def line_up(
    row: list[Item],
    before: Sequence[Item],
    near: Mapping[Item, Sequence[Item]],
    size: Mapping[Item, float],
    centre: dict[Item, float],
) -> None:
    """Sort a row, and move each item as close as it can be to its neighbours in the row before.

    An item that has none there stands beside the others, out of their way.
    """
    places = {item: [centre[other] for other in near[item] if other in before] for item in row}
    aim = {item: fmean(found) for item, found in places.items() if found}
    row.sort(key=lambda item: aim.get(item, centre[item]))
    apart = [(size[one] + size[other]) / 2 + APART for one, other in pairwise(row)]
    wanted = [aim.get(item, centre[item]) for item in row]
    if aim:
        for i in reversed(range(len(apart))):
            wanted[i] = aim.get(row[i], wanted[i + 1] - apart[i])
        for i, gap in enumerate(apart, 1):
            wanted[i] = aim.get(row[i], wanted[i - 1] + gap)
    centre.update(zip(row, spread(wanted, apart), strict=True))


def spread(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Return places close to the wanted ones that are far enough apart.

    They are the middle between two ways to make room: all to the right, and all to the left.
    """
    right, left = list(wanted), list(wanted)
    for i, gap in enumerate(apart):
        right[i + 1] = max(right[i + 1], right[i] + gap)
        left[-i - 2] = min(left[-i - 2], left[-i - 1] - apart[-i - 1])
    return [(one + other) / 2 for one, other in zip(left, right, strict=True)]


def connect(ways: Mapping[Edge, Sequence[Point]], boxes: Mapping[str, Box]) -> list[Line]:
    """Lead each edge from box to box by its way, every line with a port of its own on a box's side.

    A value leaves its box only once for all the gradients that reuse it.
    """
    toward: dict[tuple[str, float], dict[str, float]] = defaultdict(dict)
    ends = []
    for edge, way in ways.items():
        source, target = boxes[edge.source], boxes[edge.target]
        out = (edge.source, source.y if edge.flow == "gradient" else source.bottom)
        into = (edge.target, target.y if edge.flow == "forward" else target.bottom)
        leaving = "" if edge.flow == "reused" else edge.target
        toward[out][leaving] = way[0][0] if way else target.x + target.width / 2
        toward[into][edge.source] = way[-1][0] if way else source.x + source.width / 2
        ends.append((edge, out, leaving, into))

    def port(end: tuple[str, float], line: str) -> Point:
        """Return where a line meets a box: the lines of a side in the order in which they go off."""
        (symbol, y), places = end, toward[end]
        box, rank = boxes[symbol], sorted(places, key=places.__getitem__).index(line) + 1
        return box.x + box.width * rank / (len(places) + 1), y

    lines = []
    for edge, out, leaving, into in ends:
        start, end, way = port(out, leaving), port(into, edge.source), ways[edge]
        if edge.flow == "reused":
            way = [(start[0], way[0][1]), *way, (end[0], way[-1][1])]
        lines.append(Line(edge, (start, *way, end)))
    return lines
