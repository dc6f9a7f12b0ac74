"""LaTeX's own signs: text without any, numbers, and the arithmetic of one cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.arithmetic import Style
from attncli.harmless import harmless
from attncli.show.digits import written
from attncli.show.working import MOST_TERMS, Working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.arithmetic import Expression
    from attncli.explain import Explanation

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}", "'": "{'}", '"': '{"}',
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip
SIGNS = {
    "∂": r"\partial", "∞": r"\infty", "×": r"\times", "·": r"\cdot", "√": r"\surd", "ᵀ": r"{}^{\top}",
    "∘": r"\circ", "−": "-", "Σ": r"\Sigma", "σ": r"\sigma", "²": "{}^2", "≈": r"\approx", "≠": r"\neq",
    "≤": r"\leq", "≥": r"\geq", "→": r"\to", "⋯": r"\cdots", "⋮": r"\vdots", "⇒": r"\Rightarrow",
}  # fmt: skip
ESCAPES = str.maketrans(
    SPECIAL
    | {sign: rf"\ensuremath{{{command}}}" for sign, command in SIGNS.items()}
    | {"…": r"\ldots{}", "–": r"\textendash{}", "’": r"{'}"}
)
ENTRIES = {"∞": r"\infty", "-∞": r"-\infty", "~": r"\sim", "⋯": r"\cdots", "⋮": r"\vdots", "–": "-"}


def text(words: str) -> str:
    """Write words for text mode; no sign in them is taken for LaTeX, and no two become a ligature."""
    return re.sub("([-,])(?=\\1)", r"\1{}", words.strip().translate(ESCAPES))


def number(shown: str) -> str:
    """Write a number as it is shown, for math mode."""
    shown = shown.strip()
    if shown in ENTRIES:
        return ENTRIES[shown]
    digits, exponent, power = shown.partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if exponent else digits


class TexWorking(Working):
    """Writes the lines of a working in LaTeX: the arithmetic as formulas, remarks as text."""

    def __init__(self, decimals: int, fit: Callable[[str], str], *, full: bool = False) -> None:
        super().__init__(decimals, full=full)
        self.fit = fit
        self.plain = Working(decimals, full=full)
        self.write = lambda value: number(written(value, decimals))
        self.style = Style(
            self.write,
            minus="-",
            times=r" \cdot ",
            square="^2",
            calls={"exp": "e^{{{}}}", "log": r"\ln({})", "sqrt": r"\sqrt{{{}}}"},
            enclosed=True,
            most=None if full else MOST_TERMS,
        )

    def substituted(self, expression: Expression) -> str:
        """The numbers put in."""
        return super().substituted(expression).replace("…", r"\cdots")

    def line(self, explanation: Explanation) -> str:
        """Write one line, which LaTeX may break at each sign."""
        line = super().line(explanation).replace(" ≈ ", r" \approx ")
        return line if explanation.row is None else f"${line}$"

    def given(self, name: str, value: str) -> str:
        """Write the line of a number that nothing stands behind: only the number is a formula."""
        return self.fit(super().given(f"${name}", f"{value}$"))

    def named(self, name: str) -> str:
        """Write the name of a cell, or of a place in a formula."""
        return rf"\text{{{text(self.fit(harmless(name)))}}}"

    def remarks(self, explanation: Explanation) -> Iterator[str]:
        """Write what a line cannot say."""
        return (text(self.fit(harmless(line))) for line in self.plain.remarks(explanation))


def split(line: str) -> tuple[int, str]:
    """Cut a line of a trail in how deep it stands and what it says."""
    found = re.match(r"[ └]*", line)
    depth = len(found[0]) if found else 0
    return depth, line[depth:]
