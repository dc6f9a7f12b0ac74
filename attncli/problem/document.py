"""YAML (and so JSON) as a tree whose every node knows its place; bounded before it is built."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from attncli.errors import AttnError, Where
from attncli.language import N_, _
from attncli.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


MAX_CELLS = 250_000
MAX_LINES = 2_000_000
MAX_DEPTH = 32
MAX_DIRECTIVES = 16
PLAIN_TAGS = frozenset(
    {f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "null", "seq", "map")}
)
CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as the end of a line


class Limit(NamedTuple):
    """How many values a document may hold, aliases counted, and what to do where there are more."""

    values: int
    advice: str


CONFIG = Limit(MAX_CELLS, N_("keep large matrices in a file beside it: {file: weights.npz, key: Wq}"))


def parse(
    text: str, name: str, *, shown: str | None = None, report: Report | None = None, limit: Limit = CONFIG
) -> Node:
    """Parse one YAML document; ``shown``: the line that it is the end of, for messages.

    A key that stands twice and a tag are noted in ``report``, so that what is wrong elsewhere can be
    told with them; without a report they are raised. Raises AttnError where the text is not YAML,
    holds nothing or a second document, holds more than ``limit`` or is nested too deep.
    """
    text = join_surrogates(text.removeprefix("\ufeff"))
    source = Source(name, text or " ") if shown is None else Source(name, shown, len(shown) - len(text))
    refuse_text(text, source)
    noted = report or Report()
    try:
        root = Composer(source, noted, limit).compose(yaml.parse(text, Loader=Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        # tests/support/catalogue.py has these messages.
        problem, context = _(error.problem or ""), _(error.context or "")
        message = _("this is not YAML: {problem}", problem=problem)
        if context:
            message = _("this is not YAML: {context} {problem}", context=context, problem=problem)
        hint = _("write text that holds : # [ ] { } or a tab between quotes, and indent with spaces")
        where = source.where(line, column + (source.inset if line == 0 else 0))
        noted.add(AttnError(message, where, hint))
        raise noted.together() from None
    if report is None:
        noted.raise_if_any()
    return root


def refuse_text(text: str, source: Source) -> None:
    """Refuse what the parser would choke on: too many lines, directives, control characters."""
    if text.count("\n") > MAX_LINES:
        message = _("{name} has more than {most:,} lines", name=source.name, most=MAX_LINES)
        raise AttnError(message, None, _("delete the empty ones"))
    if len(re.findall(r"^%", text, re.MULTILINE)) > MAX_DIRECTIVES:
        message = _(
            "{name} has more than {most} lines that begin with %", name=source.name, most=MAX_DIRECTIVES
        )
        raise AttnError(message, None, _("delete them"))
    bad = CONTROL.search(text)
    if bad is not None:
        before = text[: bad.start()]
        line = len(Source(source.name, before + " ").lines) - 1
        column = len(Source(source.name, before + " ").lines[-1]) - 1
        raise AttnError(
            _("here stands the control character {code}", code=f"U+{ord(bad.group()):04X}"),
            source.where(line, column + (source.inset if line == 0 else 0)),
            _("delete it, or save the file as plain UTF-8 text"),
        )


def too_deep() -> str:
    """Say that there are too many brackets."""
    return _("this is nested more than {most} deep", most=MAX_DEPTH)


def join_surrogates(text: str) -> str:
    r"""Turn JSON's ``\ud83d\ude00`` into the one character that it means; YAML refuses the halves."""
    if not text.lstrip().startswith(("{", "[")):
        return text

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return _SURROGATES.sub(joined, text)


@dataclass(eq=False, repr=False)
class Open:
    """A node that may not have ended yet: how many values it holds, and how deep it goes."""

    node: Node
    anchor: str | None
    size: int = 1
    height: int = 0
    key: Scalar | None = None


@dataclass(eq=False, repr=False)
class Composer:
    """Builds the tree from the parser's events, refusing what is too deep or too large at once."""

    source: Source
    report: Report
    limit: Limit = CONFIG
    stack: list[Open] = field(default_factory=list)
    anchors: dict[str, Open | None] = field(default_factory=dict)
    cells: int = 0
    root: Node | None = None

    def compose(self, events: Iterator[Any]) -> Node:
        """Build the tree of the only document."""
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self.note_tag(event)
                    scalar = Scalar(*self.place(event), event.value, event.style not in {None, ""})
                    self.attach(Open(scalar, event.anchor))
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self.note_tag(event)
                    self.start(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self.attach(self.stack.pop())
                case yaml.AliasEvent():
                    self.alias(event)
                case yaml.DocumentStartEvent() if self.root is not None:
                    hint = _("one document is read: delete the ---")
                    raise self.stop(event, _("a second document begins here"), hint)
        # Only a config must hold something: --set target=~ takes the target away.
        return self.root or Scalar(self.source)

    def start(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events have no types
        """Open a list or a mapping."""
        if len(self.stack) >= MAX_DEPTH:
            raise self.stop(event, too_deep(), _("a matrix is a list of rows"))
        kind = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(Open(kind(*self.place(event)), event.anchor, height=1))

    def attach(self, done: Open) -> None:
        """Put a finished node where it belongs."""
        if done.anchor:
            self.anchors[done.anchor] = done
        if not self.stack:
            self.root = done.node
            return
        parent = self.stack[-1]
        parent.size += done.size
        parent.height = max(parent.height, done.height + 1)
        if isinstance(parent.node, Sequence):
            parent.node.items.append(done.node)
        elif parent.key is None:
            parent.key = self.as_key(done.node)
        else:
            self.put(parent, parent.key, done.node)
            parent.key = None

    def as_key(self, node: Node) -> Scalar:
        """Check that a node can be a key."""
        if isinstance(node, Scalar):
            return node
        message = _("a key must be a word, not a list or a mapping")
        self.report.error(node, message, _("write  key: value"))
        raise self.report.together()

    def put(self, parent: Open, key: Scalar, value: Node) -> None:
        """Put a value under its key, unless the key is taken."""
        assert isinstance(parent.node, Mapping)  # noqa: S101 - lists have no keys
        pairs = parent.node.pairs
        if key.text in pairs:
            message = _(
                "the key {key!r} stands twice; the first is in line {line}",
                key=key.text[:40],
                line=pairs[key.text][0].line + 1,
            )
            self.report.error(key, message, _("delete one of them"))
            return
        pairs[key.text] = (key, value)

    def alias(self, event: Any) -> None:  # noqa: ANN401
        """Put a node that was named earlier in place once more."""
        kept = self.anchors.get(event.anchor)
        if kept is None:
            message = _("*{anchor} names nothing that is complete before it", anchor=event.anchor)
            raise self.stop(event, message, _("put &{anchor} before what it names", anchor=event.anchor))
        if len(self.stack) + kept.height > MAX_DEPTH:
            raise self.stop(event, too_deep(), _("write it out"))
        self.count(event, kept.size)
        self.attach(Open(kept.node, None, kept.size, kept.height))

    def place(self, event: Any) -> tuple[Source, int, int, int]:  # noqa: ANN401
        """Tell where an event stands, and count it."""
        self.count(event, 1)
        start, end = event.start_mark, event.end_mark
        inset = self.source.inset if start.line == 0 else 0
        length = end.column - start.column if end.line == start.line else 1
        return self.source, start.line, start.column + inset, length

    def count(self, event: Any, more: int) -> None:  # noqa: ANN401
        """Refuse a document that holds too much."""
        self.cells += more
        if self.cells > self.limit.values:
            message = _("this holds more than {most:,} values, aliases counted", most=self.limit.values)
            raise self.stop(event, message, _(self.limit.advice))

    def note_tag(self, event: Any) -> None:  # noqa: ANN401
        """Note tags: there are only words, numbers, lists and mappings."""
        if event.tag is not None and event.tag not in PLAIN_TAGS and event.tag != "!":
            message = _("the tag {tag!r} means nothing here", tag=event.tag[:40])
            self.report.add(self.error(event, message, _("delete it")))

    def stop(self, event: Any, message: str, hint: str) -> AttnError:  # noqa: ANN401
        """Return what makes it impossible to read on, behind what was found before it."""
        self.report.add(self.error(event, message, hint))
        return self.report.together()

    def error(self, event: Any, message: str, hint: str) -> AttnError:  # noqa: ANN401
        """Make an error of an event."""
        mark = event.start_mark
        inset = self.source.inset if mark.line == 0 else 0
        return AttnError(message, self.source.where(mark.line, mark.column + inset), hint)


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
