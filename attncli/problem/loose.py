"""A number as people, spreadsheets and programs write it: more than what a cell of a config may be.

Also how exactly it was written: ``0,50`` shows two decimals, ``73 %`` and ``29/100`` do too, ``1/3`` is
exact, and ``244.69/504.14`` is as exact as its parts are.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from attncli.problem.document import NULLS

BLANKS = NULLS | {"?", "-", "–", "—"}
MAX_TEXT = 400  # characters of a number
MAX_DECIMALS = 323  # the last one of float64
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("−–‒—‐‑﹣－", "-"),
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        **{chr(0xFF01 + i): chr(0x21 + i) for i in range(94) if chr(0x21 + i) != "-"},  # full width
        **dict.fromkeys("×⋅·∙∗", "*"),
        **dict.fromkeys("⁄∕÷", "/"),
        "﹪": "%",
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
# Patterns are compiled where they are first used: a plain decimal needs none of them.
_RAISED_DIGITS = "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+"
_SIZE = r"[+-]? ?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)"
_POWER = r"[eE][+-]?[0-9]+|(?: ?[*xX] ?10(?:\^|\*\*)[{(]?[+-]?[0-9]+[})]?)"
_ONE = rf"(?:{_SIZE})(?:{_POWER})?(?: ?%)?|[+-]?10\^[{{(]?[+-]?[0-9]+[}})]?"
_NUMBER = rf"({_ONE})(?: ?/ ?({_ONE}))?"
_PART = r"([+-]? ?)([0-9.,]*?)(?: ?[*xX] ?)?(?:(?:[eE]|10(?:\^|\*\*)[{(]?)([+-]?[0-9]+)[})]?)?( ?%)?"
_MINUS_INFINITE = r"(?i)- ?\.?(?:inf|infinity|infty|\\infty|oo|∞)"
_TENS = r"10+"


class Number(NamedTuple):
    """A number and how it was written.

    ``decimals`` is how many it shows; ``spread`` how far the number that was meant may lie from it where
    its own text tells, 0 of ``1/3``, and NaN where its decimals do.
    """

    value: float
    decimals: int
    spread: float = math.nan

    @property
    def goes_by_row(self) -> bool:
        """Whether the row's decimals tell how far off it may be."""
        return math.isnan(self.spread)


def fold(text: str) -> str:
    """Write with ASCII what only looks otherwise: minus signs, spaces, full-width digits, raised ones."""
    if text.isascii():
        return text
    text = re.sub(_RAISED_DIGITS, lambda match: "^" + match[0].translate(_RAISED), text)
    return text.translate(_ALIKE)


def loose_number(text: str) -> Number | None:
    """Read a finite number or −∞, in whatever way it is written; None where the text is neither."""
    text = fold(text).strip() if len(text) <= MAX_TEXT else ""
    match = re.fullmatch(_NUMBER, text)
    if match is None:
        return Number(-math.inf, 0) if re.fullmatch(_MINUS_INFINITE, text) else None
    above, below = part(match[1]), part(match[2] or "1")
    if not (below.value and math.isfinite(below.value) and math.isfinite(above.value / below.value)):
        return None
    return quotient(above, below, match[2]) if match[2] else above


def quotient(above: Number, below: Number, written: str) -> Number:
    """Divide two numbers, of which the second was ``written`` so; 29/100 is 0.29."""
    value = above.value / below.value
    if re.fullmatch(_TENS, written):
        return Number(value, min(above.decimals + len(written) - 1, MAX_DECIMALS))
    spread = (half(above) + abs(value) * half(below)) / abs(below.value)
    return Number(value, max(above.decimals, below.decimals), spread)


def part(text: str) -> Number:
    """Read a number without a fraction bar."""
    match = re.fullmatch(_PART, text)
    sign, digits, exponent, percent = match.groups() if match else ("", "nan", None, None)
    digits = digits.replace(",", ".") or "1"  # of 10^-3
    power = int(exponent or 0) - (2 if percent else 0)
    shown = len(digits.partition(".")[2]) - power
    return Number(float(f"{sign.strip()}{digits}e{power}"), min(max(shown, 0), MAX_DECIMALS))


def half(number: Number) -> float:
    """Half a unit of the last decimal that a number shows; whole numbers are exact."""
    return 0.5 * 10.0**-number.decimals if number.decimals else 0.0
