"""The lines under ``formulas:`` as they stand in a config: each one's symbol, its operation and its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.language import GREEK, _
from attncli.names import from_ascii
from attncli.ops.linear import MatMul
from attncli.page import attention
from attncli.page.attention import CONSTANTS, COUNTS
from attncli.page.lying import along
from attncli.page.operations import WORDS
from attncli.page.page import Row
from attncli.page.writing import MOST_LETTERS, Formula, Misread, read_formula
from attncli.problem.document import Leaf, Scalar, Sequence, Source, kind
from attncli.problem.keys import BIASES, KEYS, ROWS, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from attncli.ops.op import Op
    from attncli.problem.document import Mapping, Node
    from attncli.problem.keys import Layout
    from attncli.report import Report


MOST_LINES = 1000
SYMBOL = re.compile(rf"[A-Za-z][A-Za-z0-9_]*|[{''.join(GREEK.values())}][{''.join(GREEK.values())}0-9_]*")
GIVENS = frozenset({"X", "E", "Ev", *WEIGHTS, *BIASES})
DERIVED = frozenset({"P", "L"})
TAKEN = (CONSTANTS | WORDS | {"X", "E", "Ev", "Y", "U", "P", "L"} | set(KEYS)) - {
    *WEIGHTS,
    *BIASES,
    COUNTS[0],
}


@dataclass(frozen=True)
class Line:
    """One written line: ``symbol`` = an operation, and where it stands."""

    symbol: str
    formula: Formula
    source: Source
    line: int
    symbol_at: int
    formula_at: int

    def at(self, start: int | None = None, length: int = 1) -> Scalar:
        """Return the place of a part of its formula, or of its symbol."""
        if start is None:
            return Scalar(self.source, self.line, self.symbol_at, len(self.symbol))
        return Scalar(self.source, self.line, self.formula_at + start, length)

    def of(self, symbol: str) -> Scalar:
        """Return the place where it reads a symbol; the whole formula, where that is not written."""
        found = next((one for one in self.formula.operands if one.symbol == symbol), self.formula)
        return self.at(found.start, found.length)

    def row(self, op: Op, pattern: list[str]) -> Row:
        """Return it as a row of the page, if it is this operation."""
        operands = [one.argument for one in self.formula.operands]
        return Row(
            self.symbol, op, tuple(operands[int(part)] if part.isdecimal() else part for part in pattern)
        )

    @property
    def rows(self) -> list[Row]:
        """Every row that it may be."""
        return [self.row(op, pattern) for op, pattern in self.formula.operations]


def read_lines(document: Mapping, layout: Layout, report: Report) -> list[Line]:
    """Read every line under ``formulas``; what is wrong is in the report."""
    node = document.get("formulas")
    lying = node is not None and layout.lies(node)
    lines: dict[str, Line] = {}
    texts = [] if node is None else list(written(node, report))
    if len(texts) > MOST_LINES:
        message = _("formulas has {count} lines; at most {most} are read", count=len(texts), most=MOST_LINES)
        report.error(node, message, _("delete some"))
        return []
    for source, number, offset, text in texts:
        line = read_line(source, number, offset, text, report, lying=lying)
        if line and line.symbol in lines:
            message = _(
                "{symbol} is computed twice, first on line {line}",
                symbol=line.symbol,
                line=lines[line.symbol].line + 1,
            )
            report.error(line.at(), message, _("give one of them another name"))
        elif line:
            lines[line.symbol] = line
    for line in lines.values():
        refuse_names(line, lines, report)
    return list(lines.values())


def words(document: Mapping) -> set[str]:
    """Return every word in the lines: where one of them cannot be read, its givens are no unknown keys."""
    node = document.get("formulas")
    items = node.items if isinstance(node, Sequence) else [node]
    texts = [item.text for item in items if isinstance(item, Scalar)]
    return {from_ascii(word) for text in texts for word in re.findall(r"[^\W\d]\w*", text)}


def written(node: Node, report: Report) -> Iterator[tuple[Source, int, int, str]]:
    """Yield the lines of a block, or of a list: the source, the line and the column in it, and the text."""
    if isinstance(node, Leaf) or not isinstance(node, Scalar | Sequence):
        message = _("formulas is {found}; expected lines of text", found=kind(node))
        report.error(
            node, message, _("write formulas: | and below it, indented, lines such as  Zc = softcap(Z, 30)")
        )
        return
    for item in node.items if isinstance(node, Sequence) else [node]:
        if not isinstance(item, Scalar):
            report.error(item, _("formulas holds {found}; expected lines of text", found=kind(item)))
            continue
        texts = item.text.splitlines()
        lines = item.source.lines
        block = bool(lines) and lines[item.line][item.column : item.column + 1] == "|"
        for i, text in enumerate(texts):
            code = text.split("#", 1)[0]
            if not code.strip():
                continue
            if block:
                number = item.line + 1 + i
                yield item.source, number, len(lines[number]) - len(text), code
            elif len(texts) == 1 and lines:
                yield item.source, item.line, item.column + item.quoted, code
            else:
                yield Source(f"{item.source.name}, formulas", item.text), i, 0, code


def read_line(
    source: Source, number: int, offset: int, text: str, report: Report, *, lying: bool
) -> Line | None:
    """Read one line, or a ``lying`` one; None, and an error in the report, where it is none."""
    name, equals, formula = text.partition("=")
    symbol = from_ascii(name.strip())
    at = offset + len(name) - len(name.lstrip())
    place = Scalar(source, number, at, max(1, len(name.strip())))
    if not equals or "=" in formula:
        message = _("a line is SYMBOL = operation; this has {count} equals signs", count=text.count("="))
        hint = _("like  Zc = softcap(Z, 30)")
        if "=" in formula:
            hint = _("write formulas: | with one formula a line below it")
        report.error(Scalar(source, number, at, len(text.strip())), message, hint)
        return None
    if problem := wrong_name(symbol):
        report.error(place, *problem)
        return None
    try:
        read = turned_back(read_formula(symbol, along(formula))) if lying else read_formula(symbol, formula)
    except Misread as error:
        start = offset + len(name) + 1 + error.start
        where = Scalar(source, number, start, error.length).where
        texts = [
            along(text) if lying else text for text in (error.message, error.hint or "", error.code or "")
        ]
        report.add(AttnError(texts[0], where, *texts[1:]))
        return None
    return Line(symbol, read, source, number, at, offset + len(name) + 1)


def turned_back(formula: Formula) -> Formula:
    """Return what a lying formula says of matrices with tokens as rows: a product the other way round."""
    swapped = {"0": "1", "1": "0"}
    return replace(
        formula,
        operations=[
            (op, [swapped.get(part, part) for part in pattern] if isinstance(op, MatMul) else pattern)
            for op, pattern in formula.operations
        ],
    )


def is_constant(symbol: str) -> bool:
    """Whether what a line reads is a number or a rule; what a mean divides by comes after every line."""
    return symbol not in COUNTS and attention.is_constant(symbol)


def wrong_name(symbol: str) -> tuple[str, str] | None:
    """Say what is wrong with the name of a quantity, and what to do; None where it is right."""
    if symbol in DERIVED or (symbol.startswith("d") and symbol[1:] in {*ROWS, *GIVENS, *DERIVED}):
        return (
            _("{symbol} is derived: the loss and the gradients follow from the other lines", symbol=symbol),
            _("delete this line; loss: and target: say which loss it is"),
        )
    if len(symbol) > MOST_LETTERS:
        return _("{name!r} is longer than {most} letters", name=symbol[:20], most=MOST_LETTERS), ""
    if not SYMBOL.fullmatch(symbol):
        return (
            _("{name!r} is no name of a quantity", name=symbol),
            _("a name is Latin letters, digits and _, or Greek ones, and begins with a letter"),
        )
    if symbol in TAKEN:
        return _("{name} has a meaning of its own on the page", name=symbol), _("choose another name")
    return None


def refuse_names(line: Line, lines: Collection[str], report: Report) -> None:
    """Refuse the names in a line that would be taken for gradients, or for those of other things."""
    known = {*lines, *ROWS, *GIVENS}
    for operand in line.formula.operands:
        symbol = operand.symbol
        place = line.at(operand.start, operand.length)
        if is_constant(symbol) or symbol in known:
            continue
        if symbol in {"P", "L", "Y", "U"} or (symbol[0] == "d" and symbol[1:] in known):
            message = _("{symbol} comes after the output: no line can read it", symbol=symbol)
            report.error(place, message, _("the loss and the gradients are derived from the lines"))
        elif problem := wrong_name(symbol):
            report.error(place, *problem)
        elif symbol in COUNTS:
            message = _("{name} is what a mean divides by: no key can give it", name=symbol)
            report.error(place, message, _("choose another name"))
    if line.symbol[0] == "d" and line.symbol[1:] in known:
        message = _("{name} is the name of a gradient: that of {of}", name=line.symbol, of=line.symbol[1:])
        report.error(line.at(), message, _("choose another name"))


def own_givens(lines: Iterable[Line]) -> dict[str, Line]:
    """Return the symbols that lines read and the lesson does not know, each with a line that reads it."""
    lines = list(lines)
    known = {line.symbol for line in lines} | {*ROWS, *GIVENS}
    return {
        one.symbol: line
        for line in lines
        for one in line.formula.operands
        if one.symbol not in known and not is_constant(one.symbol)
    }


def factors(lines: Iterable[Line]) -> frozenset[str]:
    """Return the symbols that are only ever the right factor of a product: weights, as a lesson has them."""
    right, other = set[str](), set[str]()
    for line in lines:
        product = isinstance(line.rows[0].op, MatMul)
        for i, (symbol, transposed) in enumerate(line.rows[0].reads):
            (right if product and i == 1 and not transposed else other).add(symbol)
    return frozenset(right - other)
