"""The graph as text in the languages Mermaid and DOT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.readings.graph import Edge, Graph


PLAIN = frozenset(" .,=+()[]/_^")  # the signs of ASCII that may stand in a Mermaid label as they are


def edge_label(edge: Edge) -> str:
    """Return the label of an edge: ∂ on a gradient's way, ᵀ on what goes in transposed."""
    return ("∂" if edge.flow == "gradient" else "") + ("ᵀ" if edge.transposed else "")


def mermaid(graph: Graph, fit: Callable[[str], str]) -> Iterator[str]:
    """Write a Mermaid flowchart; its nodes are numbered, so that no symbol is taken for a keyword."""
    place = {node.symbol: f"n{i}" for i, node in enumerate(graph.nodes)}
    arrows = {"forward": "-->", "gradient": "-.->", "reused": "-.-o"}
    yield "flowchart TB\n"
    legend = _("forward --> , gradient -.-> marked ∂, a value reused by a gradient -.-o")
    yield f"  %% {fit(legend)}\n"
    for node in graph.nodes:
        lines = (fit(node.formula), fit(node.sizes))
        label = "<br/>".join(in_mermaid(line) for line in lines)
        left, right = {"given": ("([", "])"), "forward": ("[", "]"), "gradient": ("[[", "]]")}[node.kind]
        yield f'  {place[node.symbol]}{left}"{label}"{right}\n'
    for edge in graph.edges:
        label = in_mermaid(fit(edge_label(edge)))
        middle = f'|"{label}"|' if label else ""
        yield f"  {place[edge.source]} {arrows[edge.flow]}{middle} {place[edge.target]}\n"
    gradients = [place[node.symbol] for node in graph.nodes if node.kind == "gradient"]
    if gradients:
        yield "  classDef gradient stroke-dasharray: 5 3\n"
        yield f"  class {','.join(gradients)} gradient\n"


def in_mermaid(text: str) -> str:
    """Return text in which what Mermaid or HTML might read as more than a sign is its number: #34; for "."""
    return "".join(
        char if char.isalnum() or char in PLAIN or not char.isascii() else f"#{ord(char)};"
        for char in sanitize(text)
    )


def dot(graph: Graph, fit: Callable[[str], str]) -> Iterator[str]:
    """Write a digraph for Graphviz."""
    shapes = {"given": "ellipse", "forward": "box", "gradient": "box, style=dashed"}
    arrows = {"forward": "", "gradient": "style=dashed", "reused": "style=dotted, arrowhead=odot"}
    place = {node.symbol: f"n{i}" for i, node in enumerate(graph.nodes)}
    yield "digraph attention {\n"
    legend = _("solid: forward; dashed, marked ∂: gradient; dotted: a value reused by a gradient")
    yield f"  // {fit(legend)}\n"
    yield "  rankdir=TB;\n"
    for node in graph.nodes:
        label = rf"{in_dot(fit(node.formula))}\n{in_dot(fit(node.sizes))}"
        yield f'  {place[node.symbol]} [label="{label}", shape={shapes[node.kind]}];\n'
    for edge in graph.edges:
        label = in_dot(fit(edge_label(edge)))
        named = f'label=" {label}"' if label else ""
        about = ", ".join(part for part in (arrows[edge.flow], named) if part)
        yield f"  {place[edge.source]} -> {place[edge.target]}{f' [{about}]' if about else ''};\n"
    yield "}\n"


def in_dot(text: str) -> str:
    """Return text in which Graphviz reads no quote and no backslash as more than itself."""
    return sanitize(text).replace("\\", "\\\\").replace('"', '\\"')
