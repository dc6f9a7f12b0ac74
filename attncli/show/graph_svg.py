"""The graph as a drawing that stands alone: SVG, written without any other program."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from attncli.harmless import harmless
from attncli.language import N_, _
from attncli.show.graph_routes import MARGIN, arrange
from attncli.show.graph_text import edge_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.graph import Graph, Node
    from attncli.show.graph_routes import Box, Line, Point

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


def svg(graph: Graph, fit: Callable[[str], str]) -> Iterator[str]:
    """Write the drawing: the forward pass down on the left, the gradients up on the right."""
    labels = {node.symbol: (fit(harmless(node.formula)), fit(node.sizes)) for node in graph.nodes}
    widths = {symbol: LETTER * max(map(len, lines)) + 20 for symbol, lines in labels.items()}
    drawing = arrange(graph, widths, above=HEADER)
    flows = [flow for flow in HEADS if any(edge.flow == flow for edge in graph.edges)]
    width = max(drawing.width, 2 * MARGIN + LEGEND * 1.5 * len(flows))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{drawing.height:.0f}"'
        f' viewBox="0 0 {width:.0f} {drawing.height:.0f}" role="img">\n'
    )
    name = quoted(fit(harmless(graph.name)))
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
