"""Read equations off a screen and work them out, from the digits that are printed and nothing else."""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

import mpmath

FUNCTION = r"\b(?:tanh|erf|sin|cos|max|min)\("
TOKEN = re.compile(rf"\s*({FUNCTION}|e\^|ln |√|, |\d+(?:\.\d+)?(?:e[+-]?\d+)?|∞|[()·/+−²-])")
SIGN = re.compile(r" ([=≈]) ")
REMARK = re.compile(r"[,;] (?![^(]*\)).*")  # ", the same" behind the last number


class Equation(NamedTuple):
    """Two numbers with a sign between them, and the text of the second."""

    left: Decimal
    sign: str
    right: Decimal
    shown: str


class Reader:
    """One side of an equation as it is written on paper: products before sums, negatives in brackets."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            found = TOKEN.match(text, position)
            if found is None:
                raise ValueError(text)
            self.tokens.append(found[1])
            position = found.end()

    def take(self, *wanted: str) -> str:
        """Take the next token if it is one of these."""
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else ""

    def value(self) -> Decimal:
        total = self.sum()
        if self.tokens:
            raise ValueError(self.tokens)
        return total

    def sum(self) -> Decimal:
        total = -self.product() if self.take("−") else self.product()
        while sign := self.take("+", "−"):
            if self.tokens[:1] == ["-"]:
                raise ValueError("a negative number behind a sign needs brackets")
            total = total + self.product() if sign == "+" else total - self.product()
        return total

    def product(self) -> Decimal:
        total = self.factor()
        while sign := self.take("·", "/"):
            if self.tokens[:1] == ["-"]:
                raise ValueError("a negative factor needs brackets")
            total = total * self.factor() if sign == "·" else total / self.factor()
        return total

    def factor(self) -> Decimal:
        if self.take("e^"):
            return (-self.factor() if self.take("−") else self.factor()).exp()
        if self.take("ln "):
            return self.factor().ln()
        if self.take("√"):
            return self.factor().sqrt()
        if self.tokens and self.tokens[0][-2:-1].isalpha():
            inside = self.function(self.tokens.pop(0)[:-1])
        elif self.take("("):
            inside = self.sum()
            if not self.take(")"):
                raise ValueError(self.tokens)
        else:
            minus = self.take("-")
            if not self.tokens or not (self.tokens[0][0].isdigit() or self.tokens[0] == "∞"):
                raise ValueError(self.tokens)
            inside = Decimal(minus + self.tokens.pop(0).replace("∞", "Infinity"))
        return inside * inside if self.take("²") else inside

    def function(self, name: str) -> Decimal:
        """Work out a function of what follows, up to the bracket that closes it."""
        parts = [self.sum()]
        while self.take(", "):
            parts.append(self.sum())
        if not self.take(")"):
            raise ValueError(self.tokens)
        if name in {"max", "min"}:
            return (max if name == "max" else min)(parts)
        with mpmath.workdps(40):
            return Decimal(mpmath.nstr(getattr(mpmath, name)(mpmath.mpf(str(*parts))), 40))


def equations(line: str) -> list[Equation]:
    """Return the equations of one line: those between neighbours, and those of a chain of = with its end."""
    _name, *rest = SIGN.split(line)
    signs, texts = rest[::2], [REMARK.sub("", text) for text in rest[1::2]]
    numbers: list[Decimal | None] = []
    for text in texts:
        try:
            numbers.append(Reader(text).value())
        except ValueError:
            if re.search(r"\d\.\d", text) and not re.search("[A-Za-z]{2}|…", re.sub(FUNCTION, "(", text)):
                raise
            numbers.append(None)
    found = []
    for (_, left, _t), (sign, right, text) in pairwise(zip(signs, numbers, texts, strict=True)):
        if left is not None and right is not None:
            found.append(Equation(left, sign, right, text))
    if not texts:
        return []
    ends = [i for i, sign in enumerate(signs) if sign == "≈"] or [0]
    last = numbers[-1]
    if last is not None:
        whole = (n for n in numbers[ends[-1] : -1] if n is not None)
        found += [Equation(n, "=", last, texts[-1]) for n in whole]
    return found


def unit(shown: str, decimals: int) -> Decimal:
    """One unit of the last digit: of a whole number as of the others."""
    digits, letter, power = shown.partition("e")
    if not letter or power.startswith("^"):
        return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(int(power) - len(digits.partition(".")[2]))


def false_equations(line: str, decimals: int) -> list[str]:
    """Return the equations of a line that are not true: = at the digits shown, ≈ within one unit of them."""
    with localcontext(Context(prec=40, traps=[])):
        return [
            f"{one.left} {one.sign} {one.shown}   in   {line}"
            for one in equations(line)
            if not is_true(one, decimals)
        ]


def is_true(one: Equation, decimals: int) -> bool:
    """Whether it is."""
    if one.left == one.right:
        return True
    return abs(one.left - one.right) <= unit(one.shown, decimals) / (2 if one.sign == "=" else 1)
