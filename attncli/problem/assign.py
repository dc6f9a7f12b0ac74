"""``--set KEY=VALUE``: a change of the problem for one run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from attncli.errors import AttnError
from attncli.language import _
from attncli.names import from_ascii, locate, parse_cell
from attncli.page.lying import turn
from attncli.problem.document import Mapping, Node, Scalar, Source, parse
from attncli.problem.keys import PATHS, SET
from attncli.problem.numbers import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attncli.ops.op import Array
    from attncli.report import Report


# A token in a cell may hold = and, between quotes, ].
_ASSIGNMENT = re.compile(r'([^=\[]*(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\]\s*)*)=(.*)', re.DOTALL)
_SYMBOLS = {".".join(path): symbol for symbol, path in PATHS.items()}


class CellValue(NamedTuple):
    """One number to be put into a given matrix."""

    symbol: str
    indices: tuple[str, ...]
    key: Node
    value: Node

    def put(
        self, values: Array, labels: Sequence[Sequence[str] | None], report: Report, *, lying: bool
    ) -> None:
        """Put the number in its cell, named as it is shown; an error where there is no such cell."""
        if lying:
            values, labels = turn(values), turn(tuple(labels))
        try:
            index = locate(self.symbol, self.indices, values.shape, labels)
        except AttnError as error:
            report.error(self.key, error.message, error.hint)
        else:
            values[index] = cell(self.value, self.symbol, report)


def assign(root: Node, assignments: Iterable[str], report: Report) -> tuple[Node, list[CellValue]]:
    """Replace or add the keys named; return the changed document, and the cells named.

    Assignments that cannot be read are errors in the report.
    """
    cells: list[CellValue] = []
    for text in assignments:
        match = _ASSIGNMENT.fullmatch(text)
        name = match[1].strip() if match else ""
        key = Scalar(Source(SET, text or " "), 0, 0, max(1, len(name)), name)
        if match is None or not name:
            message = _("{text!r} is not KEY=VALUE", text=text[:40])
            report.error(key, message, _("like --set mask=true or --set 'Wq[1,2]=0.5'"))
            continue
        try:
            value: Node = replace(key, text="")
            if match[2].strip():
                value = parse(match[2], SET, shown=text)
            if name.endswith("]"):
                cells.append(cell_value(name, key, value))
            elif isinstance(root, Mapping):
                root = put(root, list(PATHS.get(name, name.split("."))), key, value)
        except AttnError as error:
            for one in error.errors:
                report.add(AttnError(one.message, one.where or key.where, one.hint))
    return root, cells


def cell_value(name: str, key: Scalar, value: Node) -> CellValue:
    """Read ``Wq[1,2]``; a matrix may be called by its key: ``embeddings[Death,1]``."""
    head, bracket, rest = name.partition("[")
    symbol, indices = parse_cell(_SYMBOLS.get(head.strip(), head) + bracket + rest)
    return CellValue(symbol, tuple(indices), key, value)


def put(root: Mapping, path: list[str], key: Node, value: Node) -> Mapping:
    """Return the mapping with one value replaced, in inner mappings as well."""
    first, *rest = path
    same = (name for name in root.pairs if from_ascii(name) == from_ascii(first))  # gamma1 is γ1
    first = first if first in root.pairs else next(same, first)
    if rest:
        inner = root.get(first)
        value = put(inner if isinstance(inner, Mapping) else Mapping(key.source), rest, key, value)
    replaced = {first} | {symbol for symbol, known in PATHS.items() if known == (first,)}
    if first in {"sentence", "tokens"}:
        replaced = {"sentence", "tokens"}
    kept = {name: pair for name, pair in root.pairs.items() if name not in replaced}
    return root.holding({**kept, first: (key, value)})
