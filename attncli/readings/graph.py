"""The page as a graph: an edge from each quantity to every row that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from attncli.language import _
from attncli.ops.op import lengths
from attncli.page.attention import is_constant
from attncli.readings.formulas import formula_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.ops.op import Shape
    from attncli.page.page import Page
    from attncli.problem.problem import Problem


Kind = Literal["given", "forward", "gradient"]
Flow = Literal["forward", "gradient", "reused"]


@dataclass(frozen=True)
class Node:
    """A quantity: a given, a row of the forward pass and the loss, or a gradient."""

    symbol: str
    formula: str
    kind: Kind
    letters: Shape = ()
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> str:
        """``9 × 4``; one number has no size."""
        return " × ".join(map(str, self.shape))

    @property
    def sizes(self) -> str:
        """``n × d_k = 9 × 4``."""
        return f"{' × '.join(self.letters)} = {self.size}" if self.letters else _("one number")


@dataclass(frozen=True)
class Edge:
    """``source`` goes into ``target``, perhaps transposed.

    The flow is forward, or that of the gradients; a value of the forward pass that a gradient is
    worked out with is reused.
    """

    source: str
    target: str
    flow: Flow
    transposed: bool = False


@dataclass(frozen=True)
class Graph:
    """Nodes in the page's order, the givens first, and the edges between them."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def node(self) -> Mapping[str, Node]:
        """Each node by its symbol."""
        return {node.symbol: node for node in self.nodes}

    @cached_property
    def made_of(self) -> Mapping[str, list[str]]:
        """What each node reads, in the order of its formula."""
        return {
            node.symbol: [edge.source for edge in self.edges if edge.target == node.symbol]
            for node in self.nodes
        }

    @cached_property
    def ends(self) -> list[str]:
        """The nodes that no other one reads: the output, or the loss and the last gradients."""
        sources = {edge.source for edge in self.edges}
        return [node.symbol for node in self.nodes if node.symbol not in sources]


def graph_of(problem: Problem, page: Page) -> Graph:
    """Draw an edge from each argument to its row.

    What is a number or a rule and no matrix of the page (h, √d_k, c, N, the mask) has no node: it
    stands in the formula.
    """
    gradients = {row.symbol for row in page.rows if row.backward}
    reads = dict.fromkeys(symbol for row in page.rows for symbol, _ in row.reads)
    givens = [symbol for symbol in reads if symbol not in page.row and not is_constant(symbol)]
    nodes = [
        Node(symbol, symbol, "given", letters, lengths(letters, problem.sizes))
        for symbol, letters in ((symbol, problem.shown_letters(symbol)) for symbol in givens)
    ]
    edges: dict[tuple[str, str], Edge] = {}
    for row in page.rows:
        formula = formula_of(problem, row)
        kind: Kind = "gradient" if row.backward else "forward"
        nodes.append(Node(row.symbol, row.formula, kind, formula.letters, formula.shape))
        for symbol, transposed in row.reads:
            if symbol in page.row or not is_constant(symbol):
                flow: Flow = (
                    "forward" if not row.backward else "gradient" if symbol in gradients else "reused"
                )
                edges.setdefault((symbol, row.symbol), Edge(symbol, row.symbol, flow, transposed=transposed))
    return Graph(problem.name, tuple(nodes), tuple(edges.values()))
