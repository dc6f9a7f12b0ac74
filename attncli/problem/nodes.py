"""The tree of a config: words, lists, mappings and arrays, each of which knows its place.

Scalars keep the text that was written: whether ``no`` is a word or ``1:30`` a number is for the key
that they stand under to say, not for YAML 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attncli.errors import Where
from attncli.language import _

if TYPE_CHECKING:
    import numpy as np

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as the end of a line


@dataclass(frozen=True)
class Source:
    """Where nodes come from: a name for messages, and the text to show lines of ("": there is none)."""

    name: str
    text: str = ""
    inset: int = 0  # how far the first line is set in: the "mask=" of --set mask=true

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines; only a mistake needs them."""
        return LINE_END.split(self.text) if self.text else []

    def where(self, line: int, column: int, length: int = 1) -> Where:
        """Make a place of a line and a column, both counted from 0."""
        if not self.lines:
            return Where(self.name)
        if line >= len(self.lines):  # the parser stops behind the last one
            line, column = len(self.lines) - 1, len(self.lines[-1])
        return Where(self.name, line + 1, column + 1, self.lines[line], max(1, length))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """A part of a document; ``line`` and ``column`` count from 0, ``length`` is in characters."""

    source: Source
    line: int = 0
    column: int = 0
    length: int = 1

    @property
    def where(self) -> Where:
        """The node's place, for messages."""
        return self.source.where(self.line, self.column, self.length)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scalar(Node):
    """A word or a number, as it was written."""

    text: str = ""
    quoted: bool = False

    @property
    def null(self) -> bool:
        """Whether it says that nothing is there."""
        return not self.quoted and self.text in NULLS


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Leaf(Node):
    """An array of numbers that came from Python or from a file as it is."""

    array: np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sequence(Node):
    """A list of nodes."""

    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mapping(Node):
    """Keys and values, in the order in which they stand; no key twice."""

    pairs: dict[str, tuple[Node, Node]] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value of a key, or None where there is none or it is null."""
        _, value = self.pairs.get(key, (None, None))
        return None if isinstance(value, Scalar) and value.null else value

    def holding(self, pairs: dict[str, tuple[Node, Node]]) -> Mapping:
        """Return a mapping in the same place with other keys and values."""
        return Mapping(self.source, self.line, self.column, self.length, pairs)


def kind(node: Node) -> str:
    """Name what a node is, for messages: "a list", "a mapping" or the word itself."""
    match node:
        case Scalar():
            return _("blank") if node.null else repr(node.text[:40])
        case Mapping():
            return _("a mapping")
        case Sequence():
            return _("a list")
    return _("an array")


def node_at(node: Node, *index: int) -> Node:
    """Follow an index into nested lists as far as they go."""
    for i in index:
        if not isinstance(node, Sequence) or i >= len(node.items):
            return node
        node = node.items[i]
    return node


def nesting(node: Node) -> int:
    """Count the brackets around the first number."""
    if isinstance(node, Leaf):
        return node.array.ndim
    return 1 + nesting(node.items[0]) if isinstance(node, Sequence) and node.items else 0
