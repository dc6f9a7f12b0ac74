"""Matrices of a config: written out, from a file, or drawn by an initialiser."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attncli.errors import AttnError
from attncli.language import N_, _
from attncli.problem.keys import refuse_unknown
from attncli.problem.nested import array
from attncli.problem.nodes import Leaf, Mapping, Node, Scalar, Sequence, kind
from attncli.problem.numbers import MAX_AXES, cell, from_array, whole
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.ops.op import Array
    from attncli.problem.initialise import Init
    from attncli.problem.report import Report

HOW = N_("write rows of numbers, {file: weights.npz, key: Wq}, or {init: xavier_uniform}")


class Drawn(NamedTuple):
    """A matrix still to be drawn, when its shape is known."""

    init: Init
    shape: tuple[int, ...] | None
    node: Node

    def fill(self, name: str, symbol: str, shape: tuple[int, ...], report: Report) -> Array | None:
        """Draw it; None, and a note in the report, where it cannot be drawn."""
        try:
            return self.init.fill(symbol, shape)
        except AttnError as error:
            report.error(self.node, f"{name}: {error.message}", error.hint)
            return None


def read_matrix(
    node: Node,
    name: str,
    folder: Path,
    report: Report,
    *,
    minus_infinity: bool = False,
    blank_rows: bool = False,
) -> Array | Drawn | None:
    """Read a matrix; None, and notes in the report, where that cannot be done."""
    if not isinstance(node, Mapping):
        return array(node, name, report, minus_infinity=minus_infinity, blank_rows=blank_rows)
    if "init" in node.pairs:
        return read_init(node, name, report)
    file, key = node.get("file"), node.get("key")
    if file is None:
        report.error(node, _("{name} is a mapping without a file", name=name), _(HOW))
    elif not isinstance(file, Scalar):
        report.error(file, _("{name} has the file {found}", name=name, found=kind(file)), _(HOW))
    refuse_unknown(node, name, ("file", "key"), report)
    if not isinstance(key, Scalar | None):
        message = _("{name}: key is {found}; expected a word", name=name, found=kind(key))
        report.error(key, message, _(HOW))
        return None
    if not isinstance(file, Scalar):
        return None
    from attncli.problem.files import read_array  # noqa: PLC0415 - most configs hold their own numbers

    try:
        found = read_array(folder, file.text, key.text if key else None)
    except AttnError as error:
        report.error(file, f"{name}: {error.message}", error.hint)
        return None
    leaf = Leaf(source=file.source, line=file.line, column=file.column, length=file.length, array=found)
    return from_array(leaf, name, report, minus_infinity=minus_infinity, nan=blank_rows)


def read_init(node: Mapping, name: str, report: Report) -> Drawn | None:
    """Read ``{init: xavier_uniform, shape: [4, 3], seed: 7}``."""
    from attncli.problem.initialise import METHODS, SPREAD_OF, Init  # noqa: PLC0415 - few are drawn

    before = len(report.errors)
    method = node.get("init")
    text = method.text if isinstance(method, Scalar) else ""
    if text not in METHODS:
        hint = did_you_mean(text, METHODS, _("one of {known}", known=", ".join(METHODS)))
        message = _("{name}: there is no initialiser {method!r}", name=name, method=text[:40])
        report.error(method or node, message, hint)
        return None
    spread = SPREAD_OF.get(text)
    known = ("init", "shape", "seed", *((spread,) if spread else ()))
    refuse_unknown(node, f"{name} ({text})", known, report)
    seed = whole(node.get("seed"), f"{name}: seed", report, least=0, most=2**32 - 1)
    size = node.get(spread) if spread else None
    number = 1.0 if size is None else cell(size, f"{name}: {spread}", report)
    given = node.get("shape")
    shape = None if given is None else read_shape(given, f"{name}: shape", report)
    return None if len(report.errors) > before else Drawn(Init(text, seed or 0, number), shape, node)


def read_shape(node: Node, name: str, report: Report) -> tuple[int, ...] | None:
    """Read ``[rows, columns]``, or ``[columns]`` of a bias."""
    if not isinstance(node, Sequence) or not 1 <= len(node.items) <= MAX_AXES:
        message = _("{name} is {found}; expected two whole numbers", name=name, found=kind(node))
        report.error(node, message, _("write shape: [rows, columns]"))
        return None
    sizes = [whole(item, name, report, least=1, most=2**20) for item in node.items]
    return None if None in sizes else tuple(size or 1 for size in sizes)
