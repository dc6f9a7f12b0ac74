r"""From the text of a formula to LaTeX: ``dQ = dS·K`` → ``\frac{\partial L}{\partial Q} = …``.

The formulas stand in the ops and nowhere else; here their text is parsed and written anew. The grammar:

    equation = sum ("=" sum)* ["," words]           words only explain: "0 where masked"
    sum      = ["−"] term (("+" | "−") term)*
    term     = power (("·" | "∘" | "/" | nothing) power)*
    power    = atom ("²" | "ᵀ")*
    atom     = number | name | function "(" sum ")" | "(" sum ")" | "[" sum "]" | ("Σ" | "ln" | "√") …
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LETTERS = r"d_(?:model|context|values|out|k|v)"
TOKEN = re.compile(rf"\s*({LETTERS}|d?(?:[A-Z][a-z]?|b[qkvo](?![a-z]))(?:_[A-Z][a-z]?)?|[a-z]+|\d+|\S)")
NAME = re.compile(r"(d?)([A-Z]|b)([a-z]?)(?:_([A-Z])([a-z]?))?")
BETWEEN = {"·": " ", "∘": r" \odot "}
BEHIND = {"²": "^2", "ᵀ": r"^{\top}"}
BRACKETS = {"(": ")", "[": "]"}
FUNCTION_NAMES = {"ln": r"\ln", "σ": r"\sigma"}


@dataclass(frozen=True)
class Piece:
    """A part of a formula in LaTeX; ``inside`` is what stands between its brackets, if that is all it is."""

    latex: str
    inside: str = ""


def latex(text: str) -> str:
    """Translate the right-hand side of a formula; raises ValueError where it is not one."""
    return Formula(text).equation()


def symbol_latex(symbol: str) -> str:
    r"""Write a symbol: Wq → W_q, dQ → ∂L/∂Q as a fraction, dX_Q → that, along the path through Q."""
    found = NAME.fullmatch(symbol)
    if found is None:
        return size_latex(symbol)
    gradient, letter, index, via, via_index = found.groups()
    name = subscripted(letter, index)
    if not gradient:
        return name
    fraction = rf"\frac{{\partial L}}{{\partial {name}}}"
    return rf"\left.{fraction}\right|_{{{subscripted(via, via_index)}}}" if via else fraction


def subscripted(letter: str, index: str) -> str:
    """``W_q``."""
    return f"{letter}_{index}" if index else letter


def size_latex(letter: str) -> str:
    r"""Write what a shape is made of: h·d_k → h d_k, d_model → d_{\text{model}}."""
    parts = []
    for part in letter.split("·"):
        name, _, index = part.partition("_")
        parts.append(rf"{name}_{{\text{{{index}}}}}" if len(index) > 1 else part)
    return " ".join(parts)


class Formula:
    """A parser by recursive descent; each method reads one rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [found.group(1) for found in TOKEN.finditer(text)]
        self.at = 0

    @property
    def next(self) -> str:
        """The token to come, "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        """Return the next token and go on; raises ValueError where another one was due."""
        token = self.next
        if not token or (expected and token != expected):
            raise ValueError(f"{self.text!r}: found {token or 'the end'!r}, expected {expected or 'more'!r}")
        self.at += 1
        return token

    def equation(self) -> str:
        """Read everything."""
        parts = [self.sum().latex]
        while self.next == "=":
            self.take()
            parts.append(self.sum().latex)
        written = " = ".join(parts)
        if self.next == ",":
            self.take()
            words = " ".join(self.tokens[self.at :])
            self.at = len(self.tokens)
            written += rf",\quad \text{{{words}}}"
        if self.next:
            raise ValueError(f"{self.text!r}: {self.next!r} is more than a formula")
        return written

    def sum(self) -> Piece:
        """Read terms with plus and minus between them."""
        sign = "-" if self.next == "−" else ""
        if sign:
            self.take()
        first = self.term()
        if not sign and self.next not in {"+", "−"}:
            return first
        written = sign + first.latex
        while self.next in {"+", "−"}:
            operator = "+" if self.take() == "+" else "-"
            written += f" {operator} {self.term().latex}"
        return Piece(written)

    def term(self, *, divided: bool = True) -> Piece:
        """Read factors; ``divided`` is False within a sum Σ, whose divisor is that of the whole sum."""
        product = self.power()
        while self.next:
            if self.next in BETWEEN:
                product = Piece(product.latex + BETWEEN[self.take()] + self.power().latex)
            elif self.next == "/" and divided:
                self.take()
                product = fraction(product, self.power())
            elif self.next in BRACKETS:
                product = Piece(f"{product.latex} {self.power().latex}")
            else:
                break
        return product

    def power(self) -> Piece:
        """Read something squared or transposed, or just something."""
        base = self.atom()
        while self.next in BEHIND:
            exponent = BEHIND[self.take()]
            upright = base.latex if r"\frac" not in base.latex or base.inside else bracketed(base.latex)
            base = Piece(upright + exponent)
        return base

    def atom(self) -> Piece:
        """Read a name, a number, a function or something in brackets."""
        token = self.take()
        if token in BRACKETS:
            inside = self.sum().latex
            return Piece(bracketed(inside, token, self.take(BRACKETS[token])), inside)
        if token == "Σ":  # noqa: S105 - the sign of a sum
            return Piece(rf"\sum {self.term(divided=False).latex}")
        if token == "√":  # noqa: S105 - the sign of a root
            return Piece(rf"\sqrt{{{self.atom().latex}}}")
        if token == "ln" and self.next not in BRACKETS:  # noqa: S105 - a function
            return Piece(rf"\ln {self.power().latex}")
        if self.next == "(" and (token in FUNCTION_NAMES or (token.isalpha() and token.islower())):
            return Piece(FUNCTION_NAMES.get(token, rf"\operatorname{{{token}}}") + self.atom().latex)
        if token.isdecimal() or NAME.fullmatch(token) or re.fullmatch(rf"{LETTERS}|[hc]", token):
            return Piece(symbol_latex(token))
        raise ValueError(f"{self.text!r}: {token!r} has no LaTeX")


def fraction(above: Piece, below: Piece) -> Piece:
    """Divide: one over the other, or with a slash where a fraction would stand within a fraction."""
    if r"\frac" in above.latex + below.latex:
        return Piece(f"{above.latex} / {below.latex}")
    return Piece(rf"\frac{{{above.inside or above.latex}}}{{{below.inside or below.latex}}}")


def bracketed(inside: str, left: str = "(", right: str = ")") -> str:
    """Put brackets around something, as tall as it is."""
    if r"\frac" in inside:
        return rf"\left{left} {inside} \right{right}"
    return f"{left}{inside}{right}"
