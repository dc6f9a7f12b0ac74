"""Reading one formula: what the page prints, it reads.

A right-hand side is one operation, as an Op writes it. Signs may be the page's or those of ASCII; where there
are several operations in one line, it is taken apart into lines of which each holds one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from attncli.errors import AttnError
from attncli.language import _
from attncli.names import from_ascii
from attncli.ops.op import TRANSPOSED
from attncli.page.attention import literal
from attncli.page.operations import FUNCTIONS, WORDS, ways_to_write, written_so
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.ops.op import Op


MOST_LETTERS = 40
MOST_DEPTH = 50  # brackets in brackets
MOST_OPERANDS = 50  # of what is taken apart
SIGNS = {"*": "·", "@": "·", "⋅": "·", "-": "−", "–": "−", "⊙": "∘", "÷": "/", "o": "∘"}
STRENGTH = {"+": 1, "−": 1, "·": 2, "∘": 2, "/": 2}  # how tightly a sign binds
SPACED = {"+": " + ", "−": " − ", ",": ", "}
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
TOKEN = re.compile(
    rf"""(?P<number>{NUMBER})
    |(?P<root>(?:√|sqrt\ ?)\(?d_k\)?)
    |(?P<name>(?![\dᵀ])(?:(?!ᵀ)\w)+)
    |(?P<turned>ᵀ|\^T\b|\^⊤|\.T\b)
    |(?P<sign>[-+*@⋅·∘⊙/÷−–(),])""",
    re.VERBOSE,
)


class Misread(AttnError):  # noqa: N818 - as AttnErrors
    """What is wrong with a formula, and where: ``start`` and ``length`` in its text."""

    def __init__(self, start: int, length: int, message: str, hint: str = "", code: str = "") -> None:
        self.start, self.length = start, length
        super().__init__(message, None, hint, code)


class Token(NamedTuple):
    """A name, a number or a sign as the page has it, and where it stands."""

    kind: str
    text: str
    start: int
    length: int

    @property
    def end(self) -> int:
        """Where the next one may begin."""
        return self.start + self.length


class Operand(NamedTuple):
    """A symbol or a number that goes into a formula."""

    symbol: str
    transposed: bool
    start: int
    length: int

    @property
    def argument(self) -> str:
        """As a row has it."""
        return self.symbol + TRANSPOSED * self.transposed

    def __str__(self) -> str:
        """As it is written."""
        return self.argument

    def held(self, _least: int) -> str:
        """As it is written: nothing holds together more tightly."""
        return self.argument


@dataclass(frozen=True)
class Formula:
    """One operation: what it may be, each with its arguments, and the operands in the order of the text."""

    operations: list[tuple[Op, list[str]]]
    operands: list[Operand]
    start: int
    length: int


@dataclass(frozen=True)
class Node:
    """An operation as it stands in a text: its sign, or its name, and what it is applied to."""

    sign: str
    parts: tuple[Node | Operand, ...]

    def __str__(self) -> str:
        """Write it out, in brackets what a sign that binds more tightly is applied to."""
        if self.sign not in STRENGTH:
            return f"{self.sign}({', '.join(map(str, self.parts))})"
        left, right = (
            f"({part})"
            if isinstance(part, Node) and STRENGTH.get(part.sign, MOST_DEPTH) < least
            else str(part)
            for part, least in zip(self.parts, (STRENGTH[self.sign], STRENGTH[self.sign] + 1), strict=True)
        )
        return f"{left}{SPACED.get(self.sign, self.sign)}{right}"


def read_formula(symbol: str, text: str) -> Formula:
    """Read the right-hand side of a formula; raises Misread where it is not one operation of the page."""
    tokens = tokenize(text)
    if not tokens:
        raise Misread(0, 1, _("there is nothing behind ="), operations_hint())
    tree = Parser(tokens).whole()
    template, operands = flat(tokens)
    operations = written_so(template)
    start, length = tokens[0].start, tokens[-1].end - tokens[0].start
    if operations:
        return Formula(operations, operands, start, length)
    if isinstance(tree, Operand):
        message = _("{symbol} is only another name for {other}", symbol=symbol, other=tree.argument)
        hint = _("write {other} where {symbol} is read", other=tree.argument, symbol=symbol)
        raise Misread(start, length, message, hint)
    if len(operands) > MOST_OPERANDS:
        message = _("these are many operations; a line has one")
        raise Misread(start, length, message, _("give each part a name, in a line of its own"))
    lines = [*in_parts(tree, symbol, {symbol, *(one.symbol for one in operands)})]
    if len(lines) > 1:
        message = _("these are {count} operations; a line has one", count=len(lines))
        raise Misread(start, length, message, _("give the parts names:"), "\n".join(lines))
    ways = ways_to_write(tree.sign)
    message = _("{formula} is no operation of the page", formula=str(tree)[:60])
    raise Misread(
        start, length, message, _("write {ways}", ways=", ".join(ways)) if ways else operations_hint()
    )


def operations_hint() -> str:
    """List what can be written."""
    names = ", ".join(FUNCTIONS)
    return _("the operations are A·B, A·Bᵀ, A·B + b, A + B, A − B, A∘B, A/c, c·A and {names}", names=names)


def tokenize(text: str) -> list[Token]:
    """Cut a formula into tokens, in the page's signs; raises Misread at what is none."""
    tokens: list[Token] = []
    for start in (match.start() for match in re.finditer(r"\S", text)):
        if tokens and start < tokens[-1].end:
            continue
        found = TOKEN.match(text, start)
        if found is None:
            message = _("{sign!r} is no sign of the page", sign=text[start])
            raise Misread(start, 1, message, operations_hint())
        kind, word = str(found.lastgroup), found[0]
        if kind == "name" and word == "o" and is_operand(tokens):
            kind = "sign"
        elif kind == "name" and text[found.end() :].lstrip().startswith("("):
            kind = "call"
        length = found.end() - start
        tokens.append(Token("name" if kind == "root" else kind, on_the_page(kind, word), start, length))
        if kind == "number":
            fold(tokens)
    return tokens


def fold(tokens: list[Token]) -> None:
    """Make one number of the last tokens, ``−2`` or ``1/3``; raises Misread where it is none."""
    last = tokens[-1]
    signs = [one.text for one in tokens[-2:-1]]
    if signs == ["−"] and not is_operand(tokens[:-2]):
        start = tokens[-2].start
        tokens[-2:] = [Token("number", f"−{last.text}", start, last.end - start)]
    elif signs == ["/"] and tokens[-3].kind == "number" and [one.text for one in tokens[-4:-3]] != ["/"]:
        above = tokens[-3]
        text = f"{above.text}/{last.text}"
        tokens[-3:] = [Token("number", text, above.start, last.end - above.start)]
    number = tokens[-1]
    try:
        found = literal(number.text)
    except ZeroDivisionError:
        found = math.nan
    if not math.isfinite(found):
        message = _("{number} is no finite number", number=number.text[:MOST_LETTERS])
        raise Misread(number.start, number.length, message, _("write a number such as 30 or 1/3"))


def on_the_page(kind: str, word: str) -> str:
    """Return a word or a sign as the page has it."""
    match kind:
        case "root":
            return "√d_k"
        case "turned":
            return TRANSPOSED
        case "sign":
            return SIGNS.get(word, word)
        case "call":
            return {"sigmoid": "σ"}.get(word, word)
        case "name":
            return from_ascii(word)
    return word


def is_operand(tokens: list[Token]) -> bool:
    """Whether something stands there that a sign behind it would be applied to."""
    return bool(tokens) and (tokens[-1].kind in {"name", "number", "turned"} or tokens[-1].text == ")")


def flat(tokens: list[Token]) -> tuple[str, list[Operand]]:
    """Return the template of a formula, a brace for each operand, and the operands."""
    template, operands = "", list[Operand]()
    for token in tokens:
        if token.kind == "turned" and operands and template.endswith("{}"):
            last = operands.pop()
            operands.append(last._replace(transposed=True, length=token.end - last.start))
        elif token.kind == "number" or (token.kind == "name" and token.text not in WORDS):
            template += "{}"
            operands.append(Operand(token.text, transposed=False, start=token.start, length=token.length))
        else:
            template += SPACED.get(token.text, token.text)
    return template, operands


class Parser:
    """Reads tokens as an expression, so that what is wrong with it can be said."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.i, self.depth = tokens, 0, 0

    @property
    def next(self) -> str:
        """The text of the token that comes next; "" at the end."""
        return self.tokens[self.i].text if self.i < len(self.tokens) else ""

    def whole(self) -> Node | Operand:
        """Read it all; raises Misread where it is no expression."""
        tree = self.sum()
        if self.next:
            raise self.unexpected()
        return tree

    def sum(self) -> Node | Operand:
        """Read products with + and − between."""
        return self.chain(("+", "−"), lambda: self.chain(("·", "∘", "/"), self.operand))

    def chain(self, signs: tuple[str, ...], inner: Callable[[], Node | Operand]) -> Node | Operand:
        """Read operands with signs between; the first two belong together."""
        tree = inner()
        while self.next in signs:
            sign = self.take().text
            tree = Node(sign, (tree, inner()))
        return tree

    def take(self) -> Token:
        """Go on to the next token."""
        self.i += 1
        return self.tokens[self.i - 1]

    def operand(self) -> Node | Operand:
        """Read a name, a number, an operation with a name, or what stands in brackets."""
        if self.i == len(self.tokens):
            raise self.unexpected()
        token = self.take()
        inner: Node | Operand
        if token.kind == "call":
            if token.text not in FUNCTIONS:
                message = _("there is no operation {name!r}", name=token.text[:MOST_LETTERS])
                hint = did_you_mean(token.text, FUNCTIONS, operations_hint())
                raise Misread(token.start, token.length, message, hint)
            inner = Node(token.text, tuple(self.inside()))
        elif token.text == "(":
            self.i -= 1
            first, *others = self.inside()
            if others:
                raise self.unexpected()
            inner = first
        elif token.kind in {"name", "number"}:
            inner = Operand(token.text, transposed=False, start=token.start, length=token.length)
        else:
            self.i -= 1
            raise self.unexpected()
        while self.next == TRANSPOSED:
            turned = self.take()
            if not isinstance(inner, Operand) or inner.transposed or token.kind == "number":
                message = _("ᵀ stands behind the name of a matrix")
                raise Misread(
                    turned.start, turned.length, message, _("give what is turned a name of its own")
                )
            inner = inner._replace(transposed=True)
        return inner

    def inside(self) -> Iterator[Node | Operand]:
        """Read what stands in brackets, with commas between."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.unexpected()
        self.take()
        yield self.sum()
        while self.next == ",":
            self.take()
            yield self.sum()
        if self.next != ")":
            raise self.unexpected()
        self.take()
        self.depth -= 1

    def unexpected(self) -> Misread:
        """Return the error that something else was expected here."""
        if self.i < len(self.tokens):
            token = self.tokens[self.i]
            message = _("{sign!r} is out of place here", sign=token.text[:MOST_LETTERS])
            return Misread(token.start, token.length, message, operations_hint())
        last = self.tokens[-1]
        message = _("the formula breaks off behind {sign!r}", sign=last.text[:MOST_LETTERS])
        return Misread(last.end - 1, 1, message, _("write what follows, or close the bracket"))


def in_parts(tree: Node | Operand, symbol: str, taken: set[str]) -> Iterator[str]:
    """Take an expression apart into lines of one operation each; the names of the parts are new ones."""
    if isinstance(tree, Operand):
        return
    if not written_so(flat(tokenize(str(tree)))[0]):
        parts = []
        for part in tree.parts:
            if isinstance(part, Node):
                name = next(f"T{i}" for i in count(1) if f"T{i}" not in taken)
                taken.add(name)
                yield from in_parts(part, name, taken)
                part = Operand(name, transposed=False, start=0, length=0)  # noqa: PLW2901
            parts.append(part)
        tree = Node(tree.sign, tuple(parts))
    yield f"{symbol} = {tree}"
