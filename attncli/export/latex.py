r"""LaTeX: a whole document that needs amsmath and nothing else out of the ordinary.

A matrix is a ``bmatrix`` with the names of its rows beside it; one too wide or too long for the page is
split, so that no number is lost. Tokens beyond Latin letters need xelatex or lualatex.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attncli.export.entries import entries, heading
from attncli.export.formats import LONGEST_NAME
from attncli.language import GREEK, _
from attncli.ops.expression import Style
from attncli.show.matrix import split as blocks
from attncli.show.numbers import alone
from attncli.show.working import DEFINITION, MOST_TERMS, Working
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attncli.export.formats import Shown
    from attncli.ops.expression import Expression
    from attncli.result import Explanation, RowExplanation
    from attncli.show.display import Display
    from attncli.show.entry import Entry
    from attncli.show.explain import Explained
    from attncli.show.matrix import View


# In points, at the size of the text: how wide the page, a letter, and the gap between columns are.
ROOM, LETTER, GAP = 470, 5, 10
LONGEST = 40  # rows on one page
PREAMBLE = r"""% Letters that pdflatex does not have need xelatex or lualatex.
\documentclass{article}
\usepackage{iftex}
\iftutex\usepackage{fontspec}\else\usepackage[T1]{fontenc}\fi
\usepackage{amsmath}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\setcounter{secnumdepth}{0}
\newcommand{\trail}[2]{{\raggedright\leftskip=#1em\hangafter=1\hangindent=2em #2\par}}
"""
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}", "'": "{'}", '"': '{"}',
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip
HAT = "א"  # x̂ as one letter, which no symbol has
VARIANTS = {"ε": r"\varepsilon", "φ": r"\varphi"}
SIGNS = {
    "∂": r"\partial", "∞": r"\infty", "×": r"\times", "·": r"\cdot", "√": r"\surd", "ᵀ": r"{}^{\top}",
    "∘": r"\circ", "−": "-", "Σ": r"\Sigma", "σ": r"\sigma", "²": "{}^2", "≈": r"\approx", "≠": r"\neq",
    "³": "{}^3", "Φ": r"\Phi", HAT: r"\hat{x}",
    "≤": r"\leq", "≥": r"\geq", "→": r"\to", "⋯": r"\cdots", "⋮": r"\vdots", "⇒": r"\Rightarrow",
} | {letter: VARIANTS.get(letter, f"\\{name}") for name, letter in GREEK.items()}  # fmt: skip
ESCAPES = str.maketrans(
    SPECIAL
    | {sign: rf"\ensuremath{{{command}}}" for sign, command in SIGNS.items()}
    | {"…": r"\ldots{}", "–": r"\textendash{}", "’": r"{'}"}
)
ENTRIES = {"∞": r"\infty", "-∞": r"-\infty", "~": r"\sim", "⋯": r"\cdots", "⋮": r"\vdots", "–": "-"}
CALLS = {
    "exp": "e^{{{}}}",
    "sqrt": r"\sqrt{{{}}}",
    "log": r"\ln({})",
    "erf": r"\operatorname{{erf}}({})",
    **{name: rf"\{name}({{}})" for name in ("tanh", "sin", "cos", "max", "min")},
}
# The indices of a cell or of a line, which are words; the dot behind them is one of vectors.
INDEX = re.compile(r"""(?<=[\w)\]])(?<!Σ)\[((?:"(?:[^"\\]|\\.)*"|[^\[\]"])*)\](·?)""")
KEPT = "\ue000"  # stands for them while the rest is translated
LETTER_OF_SYMBOL = f"[A-Z{HAT}{''.join(GREEK.values())}]"
LONGEST_INDEX = 3  # letters of Wqh; Logits and PE are words
VECTOR = r"b[a-z]|[a-ce-z]\d+|(?<=d)[a-ce-z](?!\w)"  # bq, b1; and s, where it stands as ds
SYMBOL = re.compile(rf"(d?)({LETTER_OF_SYMBOL}\w*?|{VECTOR})(?:_([^\W\d]\w*))?")
GRADIENT = rf"\bd(?:{LETTER_OF_SYMBOL}\w*|(?:{VECTOR})\w*)"
BRACKETED = r"\((?:[^()]|\([^()]*\))*\)"
# One thing that may stand over or under a line: brackets with what belongs to them, or a name or a number.
OPERAND = rf"(√?\w*(?:{BRACKETED}|\[[^\[\]]*\])²?|√?\w+)"
# Not behind a product, whose last factor is not all that is divided.
QUOTIENT = rf"(?<![\w∘·^)\]])(?<!ln ){OPERAND}/{OPERAND}"
# From the page's signs to LaTeX's, one after the other.
SUBSTITUTIONS = (
    (rf"({GRADIENT})ᵀ", r"(\1)ᵀ"),
    (rf"√\(((?:[^()]|{BRACKETED})*)\)", r"\\sqrt{\1}"),
    (rf"√(\w+{BRACKETED}|\w+)", r"\\sqrt{\1}"),
    (r"Σ ?", r"\\sum "),
    (r"\b(sum .* heads of) ", r"\\text{\1 }"),
    (r"\^(\w\w+)", r"^{\1}"),
    (r"\bln\b", r"\\ln"),
    (r"\btanh(?=²?\()", r"\\tanh"),
    (r"\bgelu_tanh(?=\()", r"\\operatorname{gelu\\_tanh}"),
    (r"(?<![\\\w])([a-z][a-z0-9_]*)(?=(?:⁻¹)?\()", r"\\operatorname{\1}"),
    (r"⁻¹", r"^{-1}"),
    (r"\bpairs\b", r"\\text{pairs}"),
    (r"σ", r"\\sigma"),
    (r"ᵀ", r"^{\\top}"),
    (r"²", r"^2"),
    (r"³", r"^3"),
    (r"Φ", r"\\Phi"),
    (r"∘", r" \\odot "),
    (r"·", r" "),
    (r"/", r" / "),
    (r"(?<=[^\s([{]) ?− ?", r" - "),
    (r"−", r"-"),
)
BRACKETS, DONE = str.maketrans("❨❩❲❳", "()[]"), str.maketrans("()[]", "❨❩❲❳")


def write(shown: Shown) -> Iterator[str]:
    """Write a document of the quantities that are shown."""
    # Numbers have LaTeX's own signs, whatever the terminal takes; only words are fitted to it.
    rows = list(entries(shown, shown.paper._replace(ascii_only=False)))
    widest = max((len(view.columns) for entry in rows for view in entry.views), default=0)
    yield PREAMBLE
    yield f"\\setcounter{{MaxMatrixCols}}{{{max(10, widest)}}}\n\\begin{{document}}\n"
    if not shown.quiet:
        name, lines = heading(shown)
        yield f"\\section{{{text(name)}}}\n" + "\n\n".join(map(text, lines)) + "\n"
    for entry in rows:
        yield "".join(row(shown, entry))
    yield "\\end{document}\n"


def row(shown: Shown, entry: Entry) -> Iterator[str]:
    """Write one quantity: what there is to say about it, its formula, its numbers."""
    result, symbol, fit = shown.result, entry.symbol, shown.display.fit
    yield f"\n\\subsection{{{text(symbol)}}}\n"
    if entry.about:
        yield f"{text(fit(', '.join(entry.about)))}\n"
    formula = symbol_latex(symbol)
    found = result.page.row.get(symbol)
    if found:
        formula += f" = {latex(found.op.text(*found.args))}"
    if not entry.views:
        value = number(alone(float(result[symbol]), shown.display.decimals))
        yield display(f"{formula} = {value}")
        return
    names = [[fit(name).strip() for name in view.rows] for view in entry.views]
    pieces = [
        (title, down, across, matrix(view, labels, down, across))
        for title, view, labels in zip(entry.titles, entry.views, names, strict=True)
        for down, across in parts(view, labels)
    ]
    if len(pieces) == 1 and not pieces[0][0] and fits(entry, formula, names[0]):
        yield display(f"{formula} =\n{pieces[0][3]}")
    else:
        yield display(formula) if found else ""
        for title, down, across, body in pieces:
            label = fit(caption(title, down, across, entry.views[0]))
            yield f"\n{label}\n" if label else ""
            yield display(body)
    if result.problem.labels(result.letters(symbol)[-1]) is not None:
        columns = ", ".join(text(fit(name)) for name in entry.views[0].columns)
        yield fit(_("Columns: {names}", names=columns)) + "\n"
    if entry.views[0].hidden:
        yield f"\n{text(fit(entry.views[0].hidden))}\n"


def display(formula: str) -> str:
    """Return a formula on lines of its own."""
    return f"\\[\n{formula.rstrip()}\n\\]\n"


def matrix(view: View, names: Sequence[str], down: range, across: range) -> str:
    r"""Return some rows and columns as a ``bmatrix``, with the rows' names beside it."""
    lines = [" & ".join(number(view.cells[i][j]) for j in across) for i in down]
    body = "\\begin{bmatrix}\n" + " \\\\\n".join(lines) + "\n\\end{bmatrix}\n"
    if not any(names):
        return body
    beside = " \\\\ ".join(rf"\text{{{text(names[i])}}}" for i in down)
    return f"\\begin{{array}}{{r}} {beside} \\end{{array}}\n{body}"


def parts(view: View, names: Sequence[str]) -> Iterator[tuple[range, range]]:
    """Split what is too large for the page, into some columns of some rows each."""
    columns = blocks(widths(view), ROOM - names_width(names))
    for start in range(0, len(view.rows), LONGEST):
        down = range(start, min(start + LONGEST, len(view.rows)))
        yield from ((down, across) for across in columns)


def fits(entry: Entry, formula: str, names: Sequence[str]) -> bool:
    """Whether a formula and its matrix have room on one line."""
    letters = re.sub(r"\\[a-z]+", "x", formula)
    return len(letters) * LETTER + names_width(names) + sum(widths(entry.views[0])) < ROOM


def widths(view: View) -> list[int]:
    """Return how wide each column is."""
    return [max(len(line[j].strip()) for line in view.cells) * LETTER + GAP for j in range(len(view.columns))]


def names_width(names: Sequence[str]) -> int:
    """Return how wide the names of the rows and the brackets are."""
    return max(map(len, names)) * LETTER + 2 * GAP


def caption(title: str, down: range, across: range, view: View) -> str:
    """Return which head, rows and columns these are; nothing where they are all."""
    said = [title] if title else []
    if len(down) < len(view.rows):
        said.append(_("rows {first} to {last}", first=down[0] + 1, last=down[-1] + 1))
    if len(across) < len(view.columns):
        said.append(_("columns {first} to {last}", first=across[0] + 1, last=across[-1] + 1))
    return ", ".join(said)


def explain(explained: Sequence[Explained], paper: Display) -> Iterator[str]:
    """Write each cell's working, its arithmetic as formulas, and the words about each symbol."""
    fit = paper.fit
    yield PREAMBLE + "\\begin{document}\n"
    for one in explained:
        yield f"\n\\subsection{{{text(fit(one.name))}}}\n"
        yield "".join(f"{text(fit(paragraph))}\n\n" for paragraph in one.words)
        if one.has_tree:
            working = TexWorking(one.decimals, fit, full=one.full)
            for line in map(sanitize, working.trail(one.explanation, one.steps)):
                body = line.lstrip(" └")
                yield f"\\trail{{{len(line) - len(body)}}}{{{body}}}\n"
        for title, view in one.tables(paper._replace(room=LONGEST_NAME)):
            yield f"\n{text(fit(title))}\n" if title else ""
            names = [name.strip() for name in view.rows]
            yield "".join(display(matrix(view, names, *part)) for part in parts(view, names))
            yield fit(_("Columns: {names}", names=", ".join(map(text, view.columns)))) + "\n"
    yield "\\end{document}\n"


def text(words: str) -> str:
    """Return words for text mode; no sign in them is taken for LaTeX, and no two become a ligature."""
    return re.sub("([-,])(?=\\1)", r"\1{}", words.strip().replace("x̂", HAT).translate(ESCAPES))


def number(shown: str) -> str:
    """Return a number as it is shown, for math mode."""
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
        self.style = Style(
            self.write,
            minus="-",
            times=r" \cdot ",
            square="^2",
            calls=CALLS,
            enclosed=True,
            most=None if full else MOST_TERMS,
        )

    def write(self, value: float, guards: int = 0) -> str:
        """Write a number for math mode."""
        return number(self.digits(value, guards))

    def substituted(self, expression: Expression, guards: int = 0) -> str:
        """The numbers put in."""
        return super().substituted(expression, guards).replace("…", r"\cdots")

    def line(self, explanation: Explanation | RowExplanation) -> str:
        """Write one line, which LaTeX may break at each sign."""
        line = super().line(explanation).replace(" ≈ ", r" \approx ")
        return line if explanation.row is None else f"${line}$"

    def given(self, name: str, value: str) -> str:
        """Write the line of a number that nothing stands behind: only the number is a formula."""
        return self.fit(super().given(f"${name}", f"{value}$"))

    def named(self, name: str) -> str:
        """Translate the name of a cell, or its formula; the words in brackets stay words."""
        indices = iter(INDEX.findall(name))

        def index(_kept: object) -> str:
            words, dot = next(indices)
            return rf"[\text{{{text(self.fit(sanitize(words)))}}}]" + (r" \cdot " if dot else "")

        return re.sub(KEPT, index, latex(INDEX.sub(KEPT, name)))

    def remarks(self, explanation: Explanation | RowExplanation) -> Iterator[str]:
        """Write what a line cannot say."""
        return (text(self.fit(sanitize(line))) for line in self.plain.remarks(explanation))


def latex(formula: str) -> str:
    """Translate the right-hand side of a formula of the page; a remark behind a comma becomes text.

    What a letter of it stands for is a formula too: ``…, x̂ = R/2``.
    """
    formula, *definitions = DEFINITION.split(formula.replace("x̂", HAT))
    return ",\\quad ".join(
        [sides(formula), *(" = ".join(map(sides, one.split(" = "))) for one in definitions)]
    )


def sides(formula: str) -> str:
    """Translate one side of an equation, with its remark."""
    formula, *remark = re.split(r", (?![^(]*\))", formula, maxsplit=1)
    formula = re.sub(QUOTIENT, fraction, formula)
    for sign, command in SUBSTITUTIONS:
        formula = re.sub(sign, command, formula)
    while (taller := re.sub(r"([(\[])([^()\[\]]*)([)\]])", innermost, formula)) != formula:
        formula = taller
    # A command is left as it is, so that the d in \odot is no symbol.
    formula = re.sub(
        r"\\\w+|[^\W\d]\w*",
        lambda found: found[0] if found[0][0] == "\\" else symbol_latex(found[0]),
        formula,
    )
    return formula.translate(BRACKETS) + "".join(rf",\quad \text{{{text(words)}}}" for words in remark)


def fraction(quotient: re.Match[str]) -> str:
    """Return a quotient as a fraction; with its slash where a gradient would be a fraction within it."""
    if re.search(GRADIENT, quotient[0]):
        return quotient[0]
    above, below = (part[1:-1] if part[0] == "(" else part for part in quotient.groups())
    return rf"\frac{{{above}}}{{{below}}}"


def innermost(found: re.Match[str]) -> str:
    """Make brackets as tall as what is in them; they are marked, so that those around them are next."""
    left, inside, right = found[1].translate(DONE), found[2], found[3].translate(DONE)
    tall = re.search(rf"\\frac|{GRADIENT}", inside)
    return rf"\left{left} {inside} \right{right}" if tall else left + inside + right


def symbol_latex(symbol: str) -> str:
    r"""Return a symbol: Wq → W_q, dQ → ∂L/∂Q as a fraction, dX_Q → that, along the path through Q."""
    found = SYMBOL.fullmatch(symbol)
    if found is None:
        return size_latex(symbol)
    gradient, name, path = (part and name_latex(part) for part in found.groups())
    if not gradient:
        return name + (f"_{{{path}}}" if path else "")
    derivative = rf"\frac{{\partial L}}{{\partial {name}}}"
    return rf"\left.{derivative}\right|_{{{path}}}" if path else derivative


def name_latex(name: str) -> str:
    r"""Return a name: its first letter, and the rest of it below: W1 → W_1, γ1 → \gamma_1."""
    if name.isalpha() and (len(name) > LONGEST_INDEX or (name[1:] and name.isupper())):
        return rf"\text{{{name}}}"
    first, rest = name[0], name[1:].lstrip("_").replace("_", r"\_")
    letter = SIGNS.get(first, first)
    if len(rest) > 1 and not rest.isdecimal():
        rest = rf"\text{{{rest}}}"
    return letter + (f"_{rest}" if len(rest) == 1 else f"_{{{rest}}}" if rest else "")


def size_latex(letter: str) -> str:
    r"""Return what a shape is made of: h·d_k → h d_k, d_model → d_{\text{model}}."""
    return re.sub(r"_(\w\w+)", r"_{\\text{\1}}", letter.replace("·", " "))
