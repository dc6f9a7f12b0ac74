"""YAML (and so JSON) as a tree whose every node knows its place; bounded before it is built.

Scalars keep the text that was written: whether ``no`` is a word or ``1:30`` a number is for the key
that they stand under to say, not for YAML 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from attncli.errors import AttnError, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

MAX_BYTES = 32 * 2**20
MAX_CELLS = 1_000_000
MAX_DEPTH = 32
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
PLAIN_TAGS = frozenset(
    {f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "null", "seq", "map")}
)

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Source:
    """Where nodes come from: a name for messages and the lines to show."""

    name: str
    lines: tuple[str, ...] = ()
    offset: int = 0  # how far the first line is set in: the "mask=" of --set mask=true

    def where(self, line: int, column: int, length: int = 1) -> Where:
        """Make a place of a line and a column, both counted from 0."""
        text = self.lines[line] if line < len(self.lines) else ""
        return Where(self.name, line + 1, column + 1, text, max(1, length))


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document; ``line`` and ``column`` count from 0, ``length`` is in characters."""

    source: Source
    line: int = 0
    column: int = 0
    length: int = 1

    @property
    def where(self) -> Where:
        """The node's place, for messages."""
        if not self.source.lines:
            return Where(self.source.name)
        return self.source.where(self.line, self.column, self.length)


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A word or a number, as it was written."""

    text: str = ""
    quoted: bool = False

    @property
    def null(self) -> bool:
        """Whether it says that nothing is there."""
        return not self.quoted and self.text in NULLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(Node):
    """An array that came from Python as it is."""

    array: np.ndarray[Any, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """A list of nodes."""

    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Keys and values, in the order in which they stand; no key twice."""

    pairs: dict[str, tuple[Node, Node]] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value of a key, or None where there is none or it is null."""
        _, value = self.pairs.get(key, (None, None))
        return None if isinstance(value, Scalar) and value.null else value


def parse(text: str, name: str, *, shown: str | None = None) -> Node:
    """Parse one YAML document; ``shown``: the line that it is the end of, for messages.

    Raises AttnError where the text is not YAML, holds nothing or a second document, repeats a key,
    or is larger or deeper than a config can be.
    """
    text = join_surrogates(text.removeprefix("\ufeff"))
    if shown is None:
        source = Source(name, tuple(text.split("\n")) or ("",))
    else:
        source = Source(name, (shown,), len(shown) - len(text))
    try:
        return Composer(source).compose(yaml.parse(text, Loader=Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        what = " ".join(part for part in (error.context, error.problem) if part)
        hint = "write text that holds : # [ ] { } or a tab between quotes, and indent with spaces"
        where = source.where(line, column + (source.offset if line == 0 else 0))
        raise AttnError(f"this is not YAML: {what}", where, hint) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        message = f"this file holds the control character U+{ord(str(error.character)[:1] or chr(0)):04X}"
        if isinstance(error.character, int):
            message = f"this file holds the control character U+{error.character:04X}"
        raise AttnError(message, source.where(line, column), "delete it; YAML is plain text") from None


def join_surrogates(text: str) -> str:
    r"""Turn JSON's ``\ud83d\ude00`` into the one character that it means; YAML refuses the halves."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    pair = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

    def joined(match: re.Match[str]) -> str:
        high, low = (int(half, 16) for half in match.groups())
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return pair.sub(joined, text)


@dataclass
class Open:
    """A list or mapping that has not ended yet."""

    node: Sequence | Mapping
    anchor: str | None
    size: int = 1
    height: int = 1
    key: Scalar | None = None


@dataclass
class Composer:
    """Builds the tree from the parser's events, refusing what is too deep or too large at once."""

    source: Source
    stack: list[Open] = field(default_factory=list)
    anchors: dict[str, Open | None] = field(default_factory=dict)
    cells: int = 0
    root: Node | None = None

    def compose(self, events: Iterator[Any]) -> Node:
        """Build the tree of the only document."""
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self.refuse_tag(event)
                    scalar = Scalar(*self.place(event), event.value, event.style not in {None, ""})
                    self.attach(scalar, event.anchor, 1, 0)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self.refuse_tag(event)
                    self.start(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    done = self.stack.pop()
                    self.attach(done.node, done.anchor, done.size, done.height)
                case yaml.AliasEvent():
                    self.alias(event)
                case yaml.DocumentStartEvent() if self.root is not None:
                    raise self.error(
                        event, "a second document begins here", "a config is one document: delete the ---"
                    )
        if self.root is None:
            raise AttnError(
                "this config is empty", self.source.where(0, 0), "start from a built-in one, e.g. article"
            )
        return self.root

    def start(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events have no types
        """Open a list or a mapping."""
        if len(self.stack) >= MAX_DEPTH:
            raise self.error(
                event, f"this is nested more than {MAX_DEPTH} deep", "a matrix is a list of rows"
            )
        kind = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(Open(kind(*self.place(event)), event.anchor))

    def attach(self, node: Node, anchor: str | None, size: int, height: int) -> None:
        """Put a finished node where it belongs."""
        if anchor:
            kept = Open(node, anchor, size, height)  # type: ignore[arg-type]
            self.anchors[anchor] = kept
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.size += size
        parent.height = max(parent.height, height + 1)
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = self.key(node, parent.node)
        else:
            parent.node.pairs[parent.key.text] = (parent.key, node)
            parent.key = None

    def key(self, node: Node, mapping: Mapping) -> Scalar:
        """Check that a node can be a key."""
        if not isinstance(node, Scalar):
            raise AttnError("a key must be a word, not a list or a mapping", node.where, "write  key: value")
        if node.text in mapping.pairs:
            first = mapping.pairs[node.text][0].line + 1
            raise AttnError(
                f"the key {node.text!r} stands twice; the first is in line {first}",
                node.where,
                "delete one of them",
            )
        return node

    def alias(self, event: Any) -> None:  # noqa: ANN401
        """Put a node that was named earlier in place once more."""
        kept = self.anchors.get(event.anchor)
        if kept is None:
            raise self.error(
                event,
                f"*{event.anchor} names nothing that is complete before it",
                f"put &{event.anchor} before what it names",
            )
        if len(self.stack) + kept.height > MAX_DEPTH:
            raise self.error(event, f"this is nested more than {MAX_DEPTH} deep", "write it out")
        self.count(event, kept.size)
        self.attach(kept.node, None, kept.size, kept.height)

    def place(self, event: Any) -> tuple[Source, int, int, int]:  # noqa: ANN401
        """Tell where an event stands, and count it."""
        self.count(event, 1)
        start, end = event.start_mark, event.end_mark
        inset = self.source.offset if start.line == 0 else 0
        length = end.column - start.column if end.line == start.line else 1
        return self.source, start.line, start.column + inset, length

    def count(self, event: Any, more: int) -> None:  # noqa: ANN401
        """Refuse a document that holds too much."""
        self.cells += more
        if self.cells > MAX_CELLS:
            raise self.error(
                event,
                f"this config holds more than {MAX_CELLS:,} values, aliases counted",
                "keep large matrices in a file beside it: {file: weights.npz, key: Wq}",
            )

    def refuse_tag(self, event: Any) -> None:  # noqa: ANN401
        """Refuse tags: a config is words, numbers, lists and mappings."""
        if event.tag is not None and event.tag not in PLAIN_TAGS and event.tag != "!":
            raise self.error(event, f"the tag {event.tag!r} means nothing in a config", "delete it")

    def error(self, event: Any, message: str, hint: str) -> AttnError:  # noqa: ANN401
        """Make an error of an event."""
        mark = event.start_mark
        inset = self.source.offset if mark.line == 0 else 0
        return AttnError(message, self.source.where(mark.line, mark.column + inset), hint)
