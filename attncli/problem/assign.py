"""``--set KEY=VALUE``: a change of the problem for one run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attncli.cells import parse_cell
from attncli.errors import AttnError
from attncli.problem.document import Mapping, Node, Scalar, Source, parse
from attncli.problem.keys import CONTEXT_SYMBOLS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class CellValue:
    """One number to be put into a given matrix."""

    symbol: str
    indices: tuple[str, ...]
    key: Node
    value: Node


def assign(root: Node, assignments: Iterable[str]) -> tuple[Node, list[CellValue]]:
    """Replace or add the keys named; return the changed document, and the cells named.

    Raises AttnError where one is not of the form KEY=VALUE.
    """
    cells: list[CellValue] = []
    for text in assignments:
        name, equals, value_text = text.partition("=")
        name = name.strip()
        key = Scalar(Source("--set", (text,)), 0, 0, max(1, len(name)), name)
        if not equals or not name:
            raise AttnError("this is not KEY=VALUE", key.where, "like --set mask=true or --set 'Wq[1,2]=0.5'")
        value = parse(value_text, "--set", shown=text) if value_text.strip() else replace(key, text="~")
        if name.endswith("]"):
            cells.append(cell_value(name, key, value))
        elif isinstance(root, Mapping):
            root = put(root, aliased(name).split("."), key, value)
    return root, cells


def cell_value(name: str, key: Scalar, value: Node) -> CellValue:
    """Read ``Wq[1,2]``; a matrix may be called by its key: ``embeddings[Death,1]``."""
    symbols = {known: symbol for symbol, known in SYMBOLS.items()}
    symbols |= {f"context.{known}": symbol for symbol, known in CONTEXT_SYMBOLS.items()}
    head, bracket, rest = name.partition("[")
    head = symbols.get(head.strip(), head.strip().removeprefix("given."))
    try:
        symbol, indices = parse_cell(head + bracket + rest)
    except AttnError as error:
        raise AttnError(error.message, key.where, error.hint) from None
    return CellValue(symbol, tuple(indices), key, value)


def aliased(name: str) -> str:
    """Turn a symbol into the key that it stands for."""
    if name in CONTEXT_SYMBOLS:
        return f"context.{CONTEXT_SYMBOLS[name]}"
    return SYMBOLS.get(name, name)


def put(root: Mapping, path: list[str], key: Node, value: Node) -> Mapping:
    """Return the mapping with one value replaced, in inner mappings as well."""
    first, *rest = path
    if rest:
        inner = root.get(first)
        value = put(inner if isinstance(inner, Mapping) else Mapping(key.source), rest, key, value)
    kept = {name: pair for name, pair in root.pairs.items() if SYMBOLS.get(name, name) != first}
    if first in {"sentence", "tokens"}:
        kept.pop("tokens" if first == "sentence" else "sentence", None)
    return Mapping(root.source, root.line, root.column, root.length, {**kept, first: (key, value)})
