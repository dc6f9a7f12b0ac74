"""The screen of ``graph``: each quantity over what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.tree import Tree

from attncli.language import _
from attncli.show.matrix import DIM
from attncli.show.page import SYMBOL
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderResult

    from attncli.readings.graph import Graph, Node

GAP = "   "


def screen(graph: Graph) -> Iterator[GraphTree | str]:
    """Yield a tree for each quantity that nothing else reads."""
    seen: set[str] = set()
    for i, symbol in enumerate(graph.ends):
        if i:
            yield ""
        yield GraphTree(graph, symbol, seen)


class GraphTree:
    """From one quantity down to the givens; what was drawn above is only named.

    Where the shapes in letters are too wide they are left out: they are on the page.
    """

    def __init__(self, graph: Graph, symbol: str, seen: set[str]) -> None:
        before = set(seen)
        self.short = grown(graph, symbol, before, letters=False)
        self.long = grown(graph, symbol, seen, letters=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the wider tree that fits."""
        width = Measurement.get(console, options.update(width=10_000), self.long).maximum
        yield self.long if width <= options.max_width else self.short


def grown(graph: Graph, symbol: str, seen: set[str], *, letters: bool) -> Tree:
    """Draw one quantity, and below it what goes into it."""
    node = graph.node[symbol]
    if symbol in seen:
        return Tree(Words(_("{symbol} (above)", symbol=symbol), "dim"), guide_style=DIM)
    seen.add(symbol)
    tree = Tree(label_of(node, letters=letters), guide_style=DIM)
    for source in graph.made_of[symbol]:
        tree.children.append(grown(graph, source, seen, letters=letters))
    return tree


def label_of(node: Node, *, letters: bool) -> Words:
    """Write a quantity's formula and its shape."""
    label = Words(node.symbol, SYMBOL).add(node.formula.removeprefix(node.symbol))
    label.add(GAP + (node.sizes if letters else node.size or _("one number")), "dim")
    return label.add(f"{GAP}{_('given')}", "dim") if node.kind == "given" else label
