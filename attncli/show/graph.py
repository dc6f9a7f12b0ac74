"""The screen of ``graph``: each quantity over what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.tree import Tree

from attncli.language import _
from attncli.show.entry import symbol_style
from attncli.show.matrix import DIM
from attncli.show.terminal import GAP, UNBOUNDED, Words

if TYPE_CHECKING:
    from attncli.readings.graph import Graph, Node


def screen(graph: Graph) -> Iterator[Trees]:
    """Yield a tree for each quantity that nothing else reads."""
    if graph.ends:
        yield Trees(graph)


class Trees:
    """From each end down to the givens; what was drawn above is only named.

    Where the shapes in letters are too wide they are left out: they are on the page.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the wider trees that fit."""
        unbound = options.update(width=UNBOUNDED)
        trees = self.trees(letters=True)
        if max(Measurement.get(console, unbound, tree).maximum for tree in trees) > options.max_width:
            trees = self.trees(letters=False)
        for i, tree in enumerate(trees):
            yield from [""] if i else []
            yield tree

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide the narrower trees are: what cannot be made narrower stays whole."""
        least = max(Measurement.get(console, options, tree).maximum for tree in self.trees(letters=False))
        return Measurement(least, least)

    def trees(self, *, letters: bool) -> list[Tree]:
        """Draw everything."""
        seen: set[str] = set()
        return [grow(self.graph, symbol, seen, letters=letters) for symbol in self.graph.ends]


def grow(graph: Graph, symbol: str, seen: set[str], *, letters: bool) -> Tree:
    """Draw one quantity, and below it what goes into it."""
    node = graph.node[symbol]
    if symbol in seen:
        return Tree(Words(_("{symbol} (above)", symbol=symbol), "dim"), guide_style=DIM)
    seen.add(symbol)
    tree = Tree(label_of(node, letters=letters), guide_style=DIM)
    for source in graph.made_of[symbol]:
        tree.children.append(grow(graph, source, seen, letters=letters))
    return tree


def label_of(node: Node, *, letters: bool) -> Words:
    """Write a quantity's formula and its shape."""
    label = Words(node.symbol, symbol_style(node.symbol)).add(node.formula.removeprefix(node.symbol))
    label.add(" " * GAP + (node.sizes if letters else node.size or _("one number")), "dim")
    return label.add(" " * GAP + _("given"), "dim") if node.kind == "given" else label
