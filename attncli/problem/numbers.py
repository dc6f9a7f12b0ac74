"""Numbers as people write them: single ones and whole ones; arrays of them that are there already."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.language import N_, _
from attncli.problem.nodes import Leaf, Node, Scalar, kind

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.problem.report import Report

_DIGITS = r"[+\-−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?"
_NUMBER = re.compile(rf"({_DIGITS})(?: *[/⁄] *({_DIGITS}))?")
_NOT_FINITE = re.compile(r"([+\-−]?)\.?(inf|infinity|nan|∞)")
_MAX_DIGITS = 400
MAX_AXES = 3
FINITE = N_("NaN and infinities cannot be worked with")


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
        message = _("{name} is {found}; expected a number", name=name, found=kind(node))
        report.error(node, message, _("one number, like 1, -0.5 or 1/3"))
        return math.nan
    number = as_number(node.text)
    if number is not None and math.isfinite(number):
        return number
    if minus_infinity and minus_infinite(node.text):
        return -math.inf
    if number is not None and math.isnan(number):
        report.error(node, _("{name} is divided by zero", name=name), _("write a finite number"))
    elif number is not None:
        message = _("{name} is too large for float64 (1.8e308 is the largest)", name=name)
        report.error(node, message, _("write a finite number"))
    elif node.null:
        report.error(node, _("{name} is blank; expected a number", name=name), _("write 0 for nothing"))
    elif _NOT_FINITE.fullmatch(node.text.strip().lower()):
        report.error(node, not_finite(name, node.text.strip()), _(FINITE))
    else:
        message = _("{name} is {found}, which is not a number", name=name, found=kind(node))
        report.error(node, message, how_to_write(node.text))
    return math.nan


def not_finite(name: str, found: object) -> str:
    """Say that a number is infinite, or none."""
    return _("{name} is {found}; expected a finite number", name=name, found=found)


def how_to_write(text: str) -> str:
    """Tell how a number is written, by what was meant for one."""
    if re.fullmatch(rf"{_DIGITS}([_,' ]{_DIGITS})+", text.strip()):
        return _("write the digits without _ or spaces, and a point for decimals: 1000.5")
    return _("write it like 1, -0.5, 1e-3 or 1/3")


def whole(node: Node | None, name: str, report: Report, *, least: int, most: int) -> int | None:
    """Read a whole number between two bounds; None where there is none."""
    if node is None:
        return None
    number = as_number(node.text) if isinstance(node, Scalar) else None
    if number is None or not least <= number <= most or not number.is_integer():
        message = _(
            "{name} is {found}; expected a whole number from {least} to {most}",
            name=name,
            found=kind(node),
            least=least,
            most=most,
        )
        report.error(
            node, message, _("like {example}", example=f"{name.rpartition(' ')[2]}: {max(least, 2)}")
        )
        return None
    return int(number)


def from_array(
    node: Leaf, name: str, report: Report, *, minus_infinity: bool = False, nan: bool = False
) -> Array | None:
    """Check an array from Python or from a file, and copy it as float64."""
    found: Any = node.array
    if found.dtype.kind not in "fiub":
        message = _("{name} is an array of {dtype}; expected numbers", name=name, dtype=found.dtype)
        report.error(node, message, _("give floats or integers"))
        return None
    if found.ndim > MAX_AXES or 0 in found.shape:
        message = _("{name} has the shape {shape}; expected a matrix", name=name, shape=found.shape)
        report.error(node, message, _("a matrix is (rows, columns)"))
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
        report.error(node, not_finite(place, values[bad][0]), _(FINITE))
        return None
    return values
