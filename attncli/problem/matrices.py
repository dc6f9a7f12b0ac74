"""Matrices of a config: written out, from a file, or drawn by an initialiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attncli.errors import AttnError
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence
from attncli.problem.files import read_array
from attncli.problem.initialise import METHODS, SPREAD_OF, Init
from attncli.problem.numbers import array, as_number, cell, from_array
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.ops.op import Array
    from attncli.problem.report import Report


@dataclass(frozen=True)
class Drawn:
    """A matrix still to be drawn, when its shape is known."""

    init: Init
    shape: tuple[int, ...] | None


def read_matrix(node: Node, name: str, folder: Path, report: Report) -> Array | Drawn | None:
    """Read a matrix; None, and notes in the report, where that cannot be done."""
    if isinstance(node, Mapping) and "init" in node.pairs:
        return read_init(node, name, report)
    return read_literal(node, name, folder, report)


def read_literal(
    node: Node,
    name: str,
    folder: Path,
    report: Report,
    *,
    minus_infinity: bool = False,
    blank_rows: bool = False,
) -> Array | None:
    """Read a matrix whose numbers are there: written out, in a file, or an array."""
    if not isinstance(node, Mapping):
        return array(node, name, report, minus_infinity=minus_infinity, blank_rows=blank_rows)
    refuse_unknown(node, name, ("file", "key"), report)
    file, key = node.get("file"), node.get("key")
    if not isinstance(file, Scalar) or not (key is None or isinstance(key, Scalar)):
        report.error(
            node,
            f"{name} is a mapping without a file",
            "write rows of numbers, {file: weights.npz, key: Wq}, or for weights {init: …}",
        )
        return None
    try:
        found = read_array(folder, file.text, key.text if key else None)
    except AttnError as error:
        report.error(file, f"{name}: {error.message}", error.hint)
        return None
    leaf = Leaf(source=file.source, line=file.line, column=file.column, length=file.length, array=found)
    return from_array(leaf, name, report, minus_infinity=minus_infinity, nan=blank_rows)


def read_init(node: Mapping, name: str, report: Report) -> Drawn | None:
    """Read ``{init: xavier_uniform, shape: [4, 3], seed: 7}``."""
    before = len(report.errors)
    method = node.get("init")
    text = method.text if isinstance(method, Scalar) else ""
    if text not in METHODS:
        report.error(
            method or node,
            f"{name}: there is no initialiser {text!r}",
            did_you_mean(text, METHODS, "one of " + ", ".join(METHODS)),
        )
        return None
    spread = SPREAD_OF.get(text)
    refuse_unknown(
        node, f"{name} ({text})", ("init", "shape", "seed", *((spread,) if spread else ())), report
    )
    seed = whole(node.get("seed"), f"{name}: seed", report, least=0, most=2**32 - 1)
    size = node.get(spread) if spread else None
    number = cell(size, f"{name}: {spread}", report) if size else 1.0
    shape = None
    if (given := node.get("shape")) is not None:
        items = given.items if isinstance(given, Sequence) else []
        sizes = [whole(item, f"{name}: shape", report, least=1, most=2**20) for item in items]
        if len(sizes) not in {1, 2}:
            report.error(given, f"{name}: shape is not two whole numbers", "write shape: [rows, columns]")
        shape = tuple(size or 1 for size in sizes)
    if len(report.errors) > before:
        return None
    return Drawn(Init(text, seed or 0, number), shape)


def refuse_unknown(node: Mapping, name: str, known: tuple[str, ...], report: Report) -> None:
    """Note every key that is not known."""
    for key, (key_node, _) in node.pairs.items():
        if key not in known:
            report.error(
                key_node, f"{name} has no key {key!r}", did_you_mean(key, known, "it has " + ", ".join(known))
            )


def whole(node: Node | None, name: str, report: Report, *, least: int, most: int) -> int | None:
    """Read a whole number between two bounds; None where there is none."""
    if node is None:
        return None
    text = node.text if isinstance(node, Scalar) else ""
    if isinstance(node, Leaf) and node.array is not None and node.array.ndim == 0:
        text = str(node.array)
    number = as_number(text)
    if number is None or number != np.floor(number) or not least <= number <= most:
        found = repr(text[:40]) if isinstance(node, Scalar) else "a list"
        report.error(node, f"{name} is {found}; expected a whole number from {least} to {most}", "")
        return None
    return int(number)
