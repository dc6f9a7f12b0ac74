"""YAML (and so JSON) as a tree whose every node knows its place, its size bounded while it is built."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from attncli.errors import AttnError, Where
from attncli.language import N_, _
from attncli.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np


MAX_CELLS = 250_000
MAX_LINES = 2_000_000
MAX_DEPTH = 32
MAX_DIRECTIVES = 16
# Patterns are compiled where they are first used: those of all characters take long.
_CONTROL = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_ASCII_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_PASTED = r"[0-9.%][ \t|&]+[-+−–]?[0-9.]|\|.*\||[^\s:]\t+\S"  # numbers or words, without commas
_LONG = 1000
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as the end of a line

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = {None, "!"} | {
    f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "null", "seq", "map")
}
_SURROGATES = r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"


# The tree


@dataclass(frozen=True, eq=False, repr=False)
class Source:
    """Where nodes come from: a name for messages, and the text to show lines of ("": there is none)."""

    name: str
    text: str = ""
    inset: int = 0  # how far the first line is set in: behind the "mask=" of --set mask=true

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines; only a mistake needs them."""
        return LINE_END.split(self.text) if self.text else []

    def where(self, line: int, column: int, length: int = 1) -> Where:
        """Return the place of a line and a column of what was parsed, both counted from 0."""
        if not self.lines:
            return Where(self.name)
        if line >= len(self.lines):  # the parser stops behind the last one
            line, column = len(self.lines) - 1, len(self.lines[-1])
        elif line == 0:
            column += self.inset
        return Where(self.name, line + 1, column + 1, self.lines[line], max(1, length))


@dataclass(slots=True, eq=False, repr=False)
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


@dataclass(slots=True, eq=False, repr=False)
class Scalar(Node):
    """A word or a number, as it was written."""

    text: str = ""
    quoted: bool = False

    @property
    def null(self) -> bool:
        """Whether it stands for nothing."""
        return not self.quoted and self.text in NULLS


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class Leaf(Node):
    """An array of numbers that came from Python or from a file as it is."""

    array: np.ndarray[Any, Any]


@dataclass(slots=True, eq=False, repr=False)
class Sequence(Node):
    """A list of nodes."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
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
    """Count the brackets around the first number: 2 of a matrix, 3 of a list of matrices."""
    if isinstance(node, Leaf):
        return node.array.ndim
    return 1 + nesting(node.items[0]) if isinstance(node, Sequence) and node.items else 0


def size(node: Node) -> int:
    """Count the values that a node holds, itself included."""
    return 1 + sum(map(size, children(node)))


def height(node: Node) -> int:
    """Count the brackets around the innermost value."""
    return 1 + max(map(height, children(node)), default=0) if isinstance(node, Sequence | Mapping) else 0


def children(node: Node) -> Iterable[Node]:
    """Return the items of a list, or the keys and values of a mapping."""
    if isinstance(node, Mapping):
        return (part for pair in node.pairs.values() for part in pair)
    return node.items if isinstance(node, Sequence) else ()


# Parsing


class Limit(NamedTuple):
    """How many values a document may hold, aliases counted, and what to do where there are more."""

    values: int
    advice: str


CONFIG = Limit(MAX_CELLS, N_("keep large matrices in a file beside it: {file: weights.npz, key: Wq}"))


def parse(
    text: str, name: str, *, shown: str | None = None, report: Report | None = None, limit: Limit = CONFIG
) -> Node:
    """Parse one YAML document; ``shown``: the line that it is the end of, for messages.

    Duplicate keys and tags go into ``report``, to be shown together with what is wrong elsewhere; without
    a report they are raised. Raises AttnError where the text is not YAML, has a second document, holds more
    than ``limit`` or is nested too deep.
    """
    text = join_surrogates(text.removeprefix("\ufeff"))
    source = Source(name, text or " ") if shown is None else Source(name, shown, len(shown) - len(text))
    refuse_text(text, source)
    noted = report or Report()
    try:
        root = Composer(source, noted, limit, text).document()
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        # Parsers look ahead, and some have a nesting limit of their own: their error may hide one of ours
        # that comes before it, so what precedes the place they name is checked first.
        with suppress(yaml.MarkedYAMLError):
            Composer(source, Report(), limit, text[: mark.index]).document()
        # tests/support/catalogue.py has the sentences of one parser; those of others stay in English.
        problem, context = _(error.problem or ""), _(error.context or "")
        message = _("this is not YAML: {problem}", problem=problem)
        if context:
            message = _("this is not YAML: {context} {problem}", context=context, problem=problem)
        hint = _("write text that holds : # [ ] { } or a tab between quotes, and indent with spaces")
        if any(
            re.search(_PASTED, line[:_LONG]) for line in source.lines[max(0, mark.line - 1) : mark.line + 2]
        ):
            hint = _(
                "a pasted matrix goes below a | as in  A: |  with each line indented as far as the first;"
                " fill its empty corner with a word"
            )
        noted.add(AttnError(message, source.where(mark.line, mark.column), hint))
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
    bad = control_character(text)
    if bad is not None:
        before = LINE_END.split(text[: bad.start()])
        raise AttnError(
            _("this holds the control character {code}", code=f"U+{ord(bad.group()):04X}"),
            source.where(len(before) - 1, len(before[-1])),
            _("delete it, or save the file as plain UTF-8 text"),
        )


def control_character(text: str) -> re.Match[str] | None:
    """Find the first character that has no place in a text."""
    return re.search(_ASCII_CONTROL if text.isascii() else _CONTROL, text)


def join_surrogates(text: str) -> str:
    r"""Turn JSON's ``\ud83d\ude00`` into the one character that it means; YAML refuses the halves."""
    if not text.lstrip().startswith(("{", "[")):
        return text

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return re.sub(_SURROGATES, joined, text)


class Composer:
    """Builds the tree from the parser's events, stopping at the first one that is too deep or too many.

    Anchors and values are counted here, not left to ``yaml.compose``, which builds all before anyone
    can count.
    """

    def __init__(self, source: Source, report: Report, limit: Limit, text: str) -> None:
        self.source = source
        self.report = report
        self.limit = limit
        self.text = text
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=Loader))
        self.anchors: dict[str, Node] = {}
        self.values = 0

    def document(self) -> Node:
        """Build the tree of the only document."""
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                root = self.node(event, 0)
            elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
                hint = _("only one document is read: delete the ---")
                raise self.stop(event, _("a second document begins here"), hint)
        # Only a config must hold something: --set target=~ takes the target away.
        return root or Scalar(self.source)

    def node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - PyYAML's events have no types
        """Build the node that begins with an event, ``depth`` lists and mappings deep."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth)
        self.count(event, 1)
        if event.tag not in _PLAIN_TAGS:
            message = _("the tag {tag!r} means nothing here", tag=event.tag[:40])
            self.report.add(self.error(event, message, _("delete it")))
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        place = (self.source, start.line, start.column, length)
        if isinstance(event, yaml.ScalarEvent):
            text = self.in_lines(event) if end.line > start.line else event.value
            node: Node = Scalar(*place, text, event.style not in {None, ""})
        else:
            if depth == MAX_DEPTH:
                raise self.stop(event, too_deep(), _("a matrix is a list of rows"))
            self.anchors.pop(event.anchor, None)  # until the node is complete
            sequence = isinstance(event, yaml.SequenceStartEvent)
            node = (
                Sequence(*place, self.items(depth + 1))
                if sequence
                else Mapping(*place, self.pairs(depth + 1))
            )
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def in_lines(self, event: Any) -> str:  # noqa: ANN401
        """Return a text of several lines; of numbers beside each other in lines, which YAML would join."""
        if event.style == "|" or not re.search(_PASTED, event.value[:_LONG]):
            return str(event.value)
        text = self.text[event.start_mark.index : event.end_mark.index]
        return text.partition("\n")[2] if event.style == ">" else text.strip("\"'")

    def items(self, depth: int) -> list[Node]:
        """Build the items of a list, to its end."""
        events = takewhile(lambda event: not isinstance(event, yaml.SequenceEndEvent), self.events)
        return [self.node(event, depth) for event in events]

    def pairs(self, depth: int) -> dict[str, tuple[Node, Node]]:
        """Build the keys and values of a mapping, to its end; a duplicate key is an error."""
        pairs: dict[str, tuple[Node, Node]] = {}
        for event in takewhile(lambda event: not isinstance(event, yaml.MappingEndEvent), self.events):
            key = self.node(event, depth)
            if not isinstance(key, Scalar):
                message = _("a key must be a word, not a list or a mapping")
                self.report.error(key, message, _("write  key: value"))
                raise self.report.together()
            value = self.node(next(self.events), depth)
            if key.text in pairs:
                message = _(
                    "the key {key!r} appears twice, first on line {line}",
                    key=key.text[:40],
                    line=pairs[key.text][0].line + 1,
                )
                self.report.error(key, message, _("delete one of them"))
            else:
                pairs[key.text] = (key, value)
        return pairs

    def alias(self, event: Any, depth: int) -> Node:  # noqa: ANN401
        """Return the node that an alias refers to, counted once more."""
        named = self.anchors.get(event.anchor)
        if named is None:
            message = _("*{anchor} refers to nothing that ends before it", anchor=event.anchor)
            raise self.stop(event, message, _("put &{anchor} before what it refers to", anchor=event.anchor))
        self.count(event, size(named))
        if depth + height(named) > MAX_DEPTH:
            raise self.stop(event, too_deep(), _("write it out"))
        return named

    def count(self, event: Any, more: int) -> None:  # noqa: ANN401
        """Refuse a document that holds too much."""
        self.values += more
        if self.values > self.limit.values:
            message = _("this holds more than {most:,} values, aliases counted", most=self.limit.values)
            raise self.stop(event, message, _(self.limit.advice))

    def stop(self, event: Any, message: str, hint: str) -> AttnError:  # noqa: ANN401
        """Return the error that ends the parsing, with those found before it."""
        self.report.add(self.error(event, message, hint))
        return self.report.together()

    def error(self, event: Any, message: str, hint: str) -> AttnError:  # noqa: ANN401
        """Return an error at the place of an event."""
        return AttnError(message, self.source.where(event.start_mark.line, event.start_mark.column), hint)


def too_deep() -> str:
    """Say that there are too many brackets."""
    return _("this is nested more than {most} deep", most=MAX_DEPTH)
