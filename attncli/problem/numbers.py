"""Numbers as people write them: single ones and whole ones; arrays of them that are there already."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.problem.nodes import Leaf, Node, Scalar, kind

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.problem.report import Report

_DIGITS = r"[+\-−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?"
_NUMBER = re.compile(rf"({_DIGITS})(?: *[/⁄] *({_DIGITS}))?")
_NOT_FINITE = re.compile(r"([+\-−]?)\.?(inf|infinity|nan|∞)")
_MAX_DIGITS = 400
MAX_AXES = 3
FINITE = "NaN and infinities cannot be worked with"


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
    if math.isinf(above) or math.isinf(below):
        return math.inf
    return above / below if below else math.nan


def minus_infinite(text: str) -> bool:
    """Whether the text says −∞, in any of the ways in which people and programs write it."""
    match = _NOT_FINITE.fullmatch(text.strip().lower())
    return match is not None and match[1] in {"-", "−"} and match[2] != "nan"


def cell(node: Node, name: str, report: Report, *, minus_infinity: bool = False) -> float:
    """Read one number; NaN, and a note in the report, where it is none."""
    if not isinstance(node, Scalar):
        report.error(node, f"{name} is {kind(node)}; expected a number", "one number, like 1, -0.5 or 1/3")
        return math.nan
    number = as_number(node.text)
    if number is not None and math.isfinite(number):
        return number
    if minus_infinity and minus_infinite(node.text):
        return -math.inf
    if number is not None and math.isnan(number):
        report.error(node, f"{name} is divided by zero", "write a finite number")
    elif number is not None:
        why = "is too large for float64 (1.8e308 is the largest)"
        report.error(node, f"{name} {why}", "write a finite number")
    elif node.null:
        report.error(node, f"{name} is blank; expected a number", "write 0 for nothing")
    elif _NOT_FINITE.fullmatch(node.text.strip().lower()):
        report.error(node, f"{name} is {node.text.strip()}; expected a finite number", FINITE)
    else:
        report.error(node, f"{name} is {kind(node)}, which is not a number", how_to_write(node.text))
    return math.nan


def how_to_write(text: str) -> str:
    """Tell how a number is written, by what was meant for one."""
    if re.fullmatch(rf"{_DIGITS}([_,' ]{_DIGITS})+", text.strip()):
        return "write the digits without _ or spaces, and a point for decimals: 1000.5"
    return "write it like 1, -0.5, 1e-3 or 1/3"


def whole(node: Node | None, name: str, report: Report, *, least: int, most: int) -> int | None:
    """Read a whole number between two bounds; None where there is none."""
    if node is None:
        return None
    number = as_number(node.text) if isinstance(node, Scalar) else None
    if number is None or not least <= number <= most or not number.is_integer():
        message = f"{name} is {kind(node)}; expected a whole number from {least} to {most}"
        report.error(node, message, f"like {name.rpartition(' ')[2]}: {max(least, 2)}")
        return None
    return int(number)


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
    if found.ndim > MAX_AXES or 0 in found.shape:
        report.error(
            node, f"{name} has the shape {found.shape}; expected a matrix", "a matrix is (rows, columns)"
        )
        return None
    with np.errstate(over="ignore"):
        values = np.array(found, np.float64)
    bad = ~np.isfinite(values)
    if minus_infinity:
        bad &= ~np.isneginf(values)
    if nan:
        bad &= ~np.isnan(values)
    if bad.any():
        at = ",".join(str(i + 1) for i in np.argwhere(bad)[0])
        place = f"{name}[{at}]" if at else name
        report.error(node, f"{place} is {values[bad][0]}; expected a finite number", FINITE)
        return None
    return values
