"""Numbers as people write them, and matrices of them."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.problem.report import Report

_DIGITS = r"[+\-−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?"
_NUMBER = re.compile(rf"({_DIGITS})(?: *[/⁄] *({_DIGITS}))?")
_MINUS_INFINITY = frozenset({"-inf", "-.inf", "-infinity", "-∞", "−∞", "−inf"})
_MAX_DIGITS = 400
MAX_NESTING = 3


def as_number(text: str) -> float | None:
    """Read ``2``, ``-.5``, ``1e-3``, ``1/3`` or ``−2``; None where the text is no number.

    A number beyond float64 comes out infinite, a division by zero as NaN.
    """
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= _MAX_DIGITS else None
    if match is None:
        return None
    above, below = (float(part.replace("−", "-")) if part else None for part in match.groups())
    if above is None or below is None:
        return above
    return above / below if below else math.nan


def cell(node: Node, name: str, report: Report, *, minus_infinity: bool = False) -> float:
    """Read one number; NaN, and a note in the report, where it is none."""
    if not isinstance(node, Scalar):
        what = "a list" if isinstance(node, Sequence) else "a mapping"
        report.error(node, f"{name} is {what}; expected a number", "one number a cell, like 1, -0.5 or 1/3")
        return math.nan
    text = node.text.strip().lower()
    if minus_infinity and text in _MINUS_INFINITY:
        return -math.inf
    number = as_number(node.text)
    if number is not None and math.isfinite(number):
        return number
    if number is not None:
        why = (
            "is divided by zero"
            if math.isnan(number)
            else "is too large for float64 (1.8e308 is the largest)"
        )
        report.error(node, f"{name} {why}", "write a finite number")
    elif node.null:
        report.error(node, f"{name} is blank; expected a number", "write 0 for nothing")
    elif re.fullmatch(r"[+\-−]?\.?(inf|infinity|nan|∞)", text):
        report.error(
            node,
            f"{name} is {node.text}; expected a finite number",
            "NaN and infinities cannot be worked with",
        )
    else:
        report.error(
            node, f"{name} is {node.text[:40]!r}, which is not a number", "write it like 1, -0.5, 1e-3 or 1/3"
        )
    return math.nan


def array(
    node: Node,
    name: str,
    report: Report,
    *,
    minus_infinity: bool = False,
    blank_rows: bool = False,
) -> Array | None:
    """Read a number, a list, a matrix or a list of matrices; None where that cannot be done.

    With ``blank_rows`` a ``~`` in the place of a row (or of a number of a flat list) is read as NaN.
    """
    if isinstance(node, Leaf):
        return from_array(node, name, report, minus_infinity=minus_infinity, nan=blank_rows)
    before = len(report.errors)
    nested = _nested(node, name, report, 0, minus_infinity=minus_infinity, blank_rows=blank_rows)
    if len(report.errors) > before or nested is None:
        return None
    return np.array(_fill_blanks(nested), np.float64)


def from_array(
    node: Leaf, name: str, report: Report, *, minus_infinity: bool = False, nan: bool = False
) -> Array | None:
    """Check an array from Python or from a file, and copy it as float64."""
    found: Any = node.array
    if found.dtype.kind not in "fiub":
        report.error(
            node, f"{name} is an array of {found.dtype}; expected numbers", "give floats or integers"
        )
        return None
    if found.ndim > MAX_NESTING or 0 in found.shape:
        report.error(
            node, f"{name} has the shape {found.shape}; expected a matrix", "a matrix is (rows, columns)"
        )
        return None
    values = np.array(found, np.float64)
    bad = ~np.isfinite(values)
    if minus_infinity:
        bad &= ~np.isneginf(values)
    if nan:
        bad &= ~np.isnan(values)
    if bad.any():
        at = ",".join(str(i + 1) for i in np.argwhere(bad)[0])
        report.error(
            node,
            f"{name}[{at}] is {values[bad][0]}; expected a finite number",
            "NaN and infinities cannot be worked with",
        )
        return None
    return values


Nested = float | list["Nested"] | None


def _nested(
    node: Node, name: str, report: Report, depth: int, *, minus_infinity: bool, blank_rows: bool
) -> Nested:
    """Read the numbers as nested lists; None is a blank row."""
    if isinstance(node, Scalar):
        if blank_rows and node.null and depth > 0:
            return None
        return cell(node, name, report, minus_infinity=minus_infinity)
    if not isinstance(node, Sequence) or depth == MAX_NESTING:
        what = "a mapping" if isinstance(node, Mapping) else "nested too deep"
        report.error(
            node, f"{name} is {what}; expected a matrix", "a matrix is a list of rows, like [[1, 0], [0, 1]]"
        )
        return None
    if not node.items:
        report.error(node, f"{name} is empty", "write at least one number")
        return None
    rows_of_rows = any(isinstance(item, Sequence) for item in node.items)
    if (
        any(isinstance(item, Sequence) is not rows_of_rows and not _blank(item) for item in node.items)
        and depth < MAX_NESTING - 1
    ):
        odd = next(
            item for item in node.items if isinstance(item, Sequence) is not rows_of_rows and not _blank(item)
        )
        report.error(odd, f"{name} mixes rows with single numbers", "put every row between its own brackets")
        return None
    items: list[Nested] = []
    for i, item in enumerate(node.items, 1):
        blanks = blank_rows and depth == 0
        items.append(
            _nested(item, _part(name, i), report, depth + 1, minus_infinity=minus_infinity, blank_rows=blanks)
        )
    _refuse_ragged(node, items, name, report)
    return items


def _blank(node: Node) -> bool:
    return isinstance(node, Scalar) and node.null


def _part(name: str, i: int) -> str:
    """Name the i-th part: ``Wq`` → ``Wq[2]`` → ``Wq[2,3]``."""
    return f"{name[:-1]},{i}]" if name.endswith("]") else f"{name}[{i}]"


def _refuse_ragged(node: Sequence, items: list[Nested], name: str, report: Report) -> None:
    """Note every row whose length is not the others'."""
    lengths = [len(item) if isinstance(item, list) else None for item in items]
    usual = Counter(length for length in lengths if length is not None).most_common(1)
    if not usual:
        return
    inner = items[lengths.index(usual[0][0])]
    things = "row" if isinstance(inner, list) and isinstance(inner[0], list) else "number"
    known = [length for length in lengths if length is not None]
    for i, (length, item) in enumerate(zip(lengths, node.items, strict=True), 1):
        if length is None or length == usual[0][0]:
            continue
        others = "the others have" if len(known) > 2 else "the other has"  # noqa: PLR2004
        kind = "row" if things == "number" else "matrix"
        report.error(
            item,
            f"{_row_of(name, kind, i)} has {length} {things}{'s' * (length != 1)}; {others} {usual[0][0]}",
            f"every {kind} of a {'matrix' if kind == 'row' else 'list of heads'} has the same size",
        )


def _row_of(name: str, kind: str, i: int) -> str:
    """``Wq row 2``, or ``Wq matrix 1 row 2`` in a list of matrices."""
    if not name.endswith("]"):
        return f"{name} {kind} {i}"
    base, _, number = name[:-1].partition("[")
    return f"{base} matrix {number} {kind} {i}"


def _fill_blanks(nested: Nested) -> Nested:
    """Put a row of NaN where a row is blank."""
    if not isinstance(nested, list):
        return nested
    lengths = {len(row) for row in nested if isinstance(row, list)}
    blank: Nested = [math.nan] * lengths.pop() if lengths else math.nan
    return [blank if row is None else row for row in nested]
