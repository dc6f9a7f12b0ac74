"""Where the lines of a drawn graph run.

Between two rows there is a channel without boxes. An edge within one half of the drawing crosses it
as a curve. A value that a gradient reuses leaves its box downward, runs along the channel to the
corridor between the halves, there to the channel under the gradient's row, and up into the gradient;
each such value has lanes of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.show.graph_layers import half, levels, passes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.graph import Edge, Graph
    from attncli.show.graph_layers import Item

BOX = 40.0
CHANNEL = 46.0  # the least height between two rows
LANE = 7.0
MARGIN = 24.0

Point = tuple[float, float]


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
        for (symbol, _), lines in ends.items():
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
