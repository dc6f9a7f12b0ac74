"""A matrix pasted as text, as a program, a spreadsheet or a person writes it.

``[1 2; 3 4]`` of MATLAB, what NumPy and PyTorch print, LaTeX, Markdown, columns apart by tabs, commas, ``;``
or spaces; with a header row and labelled rows, or without. Every pass over the text takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from attncli.language import N_, _
from attncli.problem.dimensions import MAX_AXES
from attncli.problem.loose import BLANKS, fold, loose_number

Tree = Any  # a text, or nested lists of texts
MAX_PASTED = 2**20  # characters of one matrix
A_NUMBER = 20  # characters that are as much work as a run of digits, or a cell

# Patterns are compiled where they are first used: most sheets need none of them.
_NUMBERS = r"[0-9]+"
_CALL = r"(?<![\w.])[A-Za-z_][\w.]*+\(([^()\[\],]*)(?:,[^()\[\]]*)?\)"  # tensor(0.5, …)
_OPTION = r",\s*\w+=[^\s,]*"  # dtype=float32 behind the brackets
_ASSIGNED = r"[ \t]*[^\W\d][\w\[\](),.:^{}' ]{0,40}=[ \t]*"
_COLUMNS = r"(?i)[ \t]*columns? [0-9]+(?: (?:through|to|and|-) [0-9]+)?:?[ \t]*"
_COMMON_FACTOR = r"(?i)[ \t]*1\.0*e([+-]?[0-9]+)[ \t]*\*[ \t]*"
_SPACES = " {2,}"
_TIGHT = r" ?(\*|/|[xX](?= ?10\^)) ?(?=[0-9+.-])| (?=%)"  # a number written with spaces
_CONTINUED = r"([;,])[ \t]*\.\.\.[ \t\r]*\n"  # MATLAB's sign that a line goes on
_BRACES = str.maketrans("{}", "[]")
_RULER = r"[-=:+|\s\u2500-\u257f]*"  # those are the characters that boxes are drawn with
_BARS = str.maketrans("│┃║", "|||")
_NUMBER_LIKE = r"(?i)\W*(?:[0-9]|(?:inf|nan|oo)\b)|[+-]? ?∞"
_DECIMAL_COMMA = r"[0-9],[0-9]"

_LATEX = (
    (r"\\\\\*?(?:\[[^\[\]\n]{0,12}\])?", "\n"),
    (r"\\[dt]?frac *([0-9])([0-9])", r"\1/\2"),
    (r"\\[dt]?frac *\{([^{}]*)\} *\{([^{}]*)\}", r"\1/\2"),
    (r"\\(?:left|right)(?: *\\?[\[\](){}.|])?", ""),
    (r"\\(?:hline|toprule|midrule|bottomrule|cline *\{[^{}]*\})", ""),
    (r"\\(?:text\w*|math\w+|operatorname) *\{([^{}]*)\}", r"\1"),
    (r"\\(?:[lcvd]?dots)", "…"),
    (r"\\infty", "∞"),
    (r"\\(?:cdot|times|ast)", "*"),
    (r"\{,\}", ","),
    (r"\\([%_#&])", r"\1"),
    (r"[{}]", ""),
    (r"\\(?:[,;:!\[\]() ]|q?quad)|\$", " "),
)
_BEGIN = r"\\begin *\{\w+\*?\}(?:\{[^{}]*\})?"

FORMS = {
    "&": N_("a LaTeX matrix"),
    "[": N_("a matrix in brackets"),
    "|": N_("a table with | between its columns"),
    "\t": N_("a table with tabs between its columns"),
    ";": N_("a table with ; between its columns"),
    ",": N_("a table with commas between its columns"),
    " ": N_("a table with spaces between its columns"),
}


@dataclass
class Budget:
    """How much text may be pasted into one document: characters, and a number is some more of them."""

    left: int

    def spend(self, cost: int) -> None:
        """Take from it; raises ValueError where it is used up."""
        self.left -= cost
        if self.left < 0:
            raise ValueError(_("more is pasted here than can be read"))


def expand(tree: Tree, budget: Budget) -> Tree:
    """Put matrices in the place of the texts in which they were pasted: of all of them, or of none.

    Returns the tree itself where there are none. Raises ValueError where what was pasted is no matrix.
    """
    shape, cells = flatten(tree)
    if not cells or not all(isinstance(cell, str) for cell in cells):
        return tree
    try:
        budget.spend(sum(map(len, cells)))
        if len(shape) == 1 and len(cells) > 1 and any(";" in cell for cell in cells):
            rows = all(";" in cell for cell in cells)  # else YAML has cut [1, 2; 3, 4] at its commas
            found = read_pasted("\n".join(cells) if rows else f"[{', '.join(cells)}]", budget)
            if found is not None:
                return found
        items = read_all(cells, budget, numbers_too=not shape)
    except ValueError:
        if len(cells) == 1 and (not shape or len(cells[0].split(maxsplit=1)) > 1):
            raise
        return tree  # its cells are unreadable, one by one; one word is a number, however long
    if len({flatten(item)[0] for item in items}) != 1:
        return tree
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    for size in shape[:0:-1]:
        items = [items[i : i + size] for i in range(0, len(items), size)]
    return items if shape else items[0]


def flatten(tree: Any) -> tuple[tuple[int, ...], list[Any]]:  # noqa: ANN401
    """Return the shape of nested lists, and their cells; raises ValueError where they have no shape."""
    shape: list[int] = []
    level = [tree]
    while level and isinstance(level[0], list):
        if len(shape) == MAX_AXES:
            raise ValueError(_("it is nested more than {most} deep", most=MAX_AXES))
        if len(level) > 1:
            refuse_uneven(level, tuple(shape))
        shape.append(len(level[0]))
        level = list(chain.from_iterable(level)) if len(level) > 1 else level[0]
    return tuple(shape), level


def refuse_uneven(rows: list[Any], shape: tuple[int, ...]) -> None:
    """Raise ValueError where rows differ in length, or are no rows; ``shape`` is how they are counted."""
    if set(map(type, rows)) != {list}:
        raise ValueError(_("some of its rows are lists and some are not"))
    if len(set(map(len, rows))) == 1:
        return
    count = len(rows[0])
    at = next(i for i, row in enumerate(rows) if len(row) != count)
    place, first = (",".join(str(int(part) + 1) for part in np.unravel_index(i, shape)) for i in (at, 0))
    raise ValueError(
        _(
            "row {row} has {count} cells; row {first} has {wanted}",
            row=place,
            count=len(rows[at]),
            first=first,
            wanted=count,
        )
    )


def read_all(texts: list[str], budget: Budget, *, numbers_too: bool) -> list[Tree]:
    """Read what was pasted into each text; nothing where one of them holds no matrix."""
    items: list[Tree] = []
    for text in texts:
        bare = len(text) == 1 or loose_number(text) is not None
        item = None if bare else read_pasted(text, budget)
        if item is None or not (numbers_too or isinstance(item, list)):
            return []
        items.append(item)
    return items


def read_pasted(text: str, budget: Budget) -> Tree | None:
    """Read a text that holds more than a bare number: nested lists of the cells' texts, or one text.

    None where it is a single word, or holds words more than numbers. Raises ValueError, with the form that
    it seems to have, where it cannot be read.
    """
    budget.spend(len(text))
    text = fold(text).strip(" \r\n")
    numbers = sum(1 for _match in islice(re.finditer(_NUMBERS, text), budget.left // A_NUMBER + 1))
    if not numbers:
        return None
    budget.spend(A_NUMBER * numbers)
    form, found = "", None
    try:
        if is_latex(text):
            form = "&"
            bodies = [table(body, form) for body in latex_bodies(text)]
            found = bodies[0] if len(bodies) == 1 else bodies
        else:
            bare = without_names(text)
            form = "[" if "[" in bare or "]" in bare else separator(bare)
            found = brackets(bare) if form == "[" else table(bare, form)
        cells = flatten(found)[1]
        budget.spend(A_NUMBER * len(cells))
    except ValueError as fault:
        seems = _("it seems to be {form}, but {fault}", form=_(FORMS[form]), fault=fault)
        raise ValueError(seems) from None
    numbers = sum(1 for cell in cells if loose_number(cell) is not None)
    return None if found == text or numbers <= sum(map(is_label, cells)) else found


def without_names(text: str) -> str:
    """Take away what stands around numbers: ``A =``, ``tensor(…)``; braces and tuples become lists."""
    text = re.sub(_CONTINUED, r"\1\n", re.sub(_CALL, r"\1", text)).strip(" \r\n")
    named = re.match(_ASSIGNED, text)
    text = text[named.end() if named else 0 :]
    return text.translate(str.maketrans("{}()", "[][]") if text.startswith("(") else _BRACES)


# LaTeX


def is_latex(text: str) -> bool:
    """Whether a text is a matrix of LaTeX."""
    return "\\" in text and any(sign in text for sign in ("&", "\\\\", "frac", "\\begin"))


def latex_bodies(text: str) -> list[str]:
    """Return each matrix of LaTeX as lines, its commands replaced by what they stand for."""
    bodies = [part.partition("\\end")[0] for part in re.split(_BEGIN, text)]
    found = []
    for body in bodies[1:] or bodies:
        lines = body.replace("\n", " ") if "\\\\" in body else body
        for pattern, replacement in _LATEX:
            lines = re.sub(pattern, replacement, lines)
        if re.search(_NUMBERS, lines):
            found.append(lines)
    return found


# Brackets


def brackets(text: str) -> Tree:
    """Read lists in brackets, nested or not."""
    stack: list[list[Tree]] = [[]]
    deepest = 0
    for token in re.split(r"([\[\]])", text):
        if token == "[":  # noqa: S105
            if len(stack) > MAX_AXES:
                raise ValueError(_("it is nested more than {most} deep", most=MAX_AXES))
            stack.append([])
            deepest = max(deepest, len(stack) - 1)
        elif token == "]":  # noqa: S105
            inner = stack.pop()
            if not stack:
                raise ValueError(_("a bracket is closed that was not opened"))
            stack[-1].append(inner)
        elif token.strip(" \t\r\n,;()"):
            stack[-1].append(token)
    if len(stack) > 1:
        raise ValueError(_("a bracket is not closed"))
    around = [token for token in stack[0] if isinstance(token, str)]
    if any(loose_number(word) for token in around for word in re.sub(_OPTION, "", token).split()):
        raise ValueError(_("there are numbers outside of its brackets"))
    found = [inside(one, nested=deepest > 1) for one in stack[0] if isinstance(one, list)]
    return found[0] if len(found) == 1 else found


def inside(tree: list[Tree], *, nested: bool) -> Tree:
    """Cut the innermost texts of brackets into cells; ``nested``: then a line's end is only a space."""
    if any(isinstance(one, list) for one in tree):
        if any(isinstance(one, str) and re.search(_NUMBERS, one) for one in tree):
            raise ValueError(_("some of its rows are lists and some are not"))
        return [inside(one, nested=nested) for one in tree if isinstance(one, list)]
    text = tree[0].replace("\n", " ") if tree and nested else "".join(tree)
    lines = [line for line in re.split(r"[;\n]", text) if line.strip()]
    rows = cut(lines, inner_separator(lines))
    return rows if len(rows) > 1 else rows[0] if rows else []


# Tables: rows and columns, without brackets


def separator(text: str) -> str:
    """Tell what stands between the columns of a text."""
    if any(bar in text for bar in "|│┃║"):
        return "|"
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if any("\t" in line for line in lines):
        return "\t"
    if len(lines) > 1 and any(";" in line.rstrip(";") for line in lines):
        return ";"
    return inner_separator(re.split("[;\n]", text))


def inner_separator(lines: list[str]) -> str:
    """Tell whether commas or spaces stand between the cells of rows; a comma may be a decimal one."""
    if not any("," in line for line in lines):
        return " "
    tokens = [token.removesuffix(",") for line in lines for token in line.split()]
    commas = [token for token in tokens if "," in token]
    decimal = all(token.count(",") == 1 == len(re.findall(_DECIMAL_COMMA, token)) for token in commas)
    apart = any(len(line.split()) > 1 for line in lines)
    return " " if commas and decimal and apart and not any("." in token for token in tokens) else ","


def table(text: str, between: str) -> Tree:
    """Read rows of columns, without the header row and the labels in front."""
    if between in " ,\t":
        text = text.replace(";", "\n")
    blocks: list[list[str]] = [[]]
    factor = ""
    for line in filter(str.strip, text.translate(_BARS).split("\n")):
        scale, named = re.fullmatch(_COMMON_FACTOR, line), re.match(_ASSIGNED, line)
        if scale is not None:
            factor = f"*10^{scale[1]}"
        elif re.fullmatch(_COLUMNS, line):
            blocks += [[]] if blocks[-1] else []
        elif not (named and named.end() == len(line)) and not re.fullmatch(_RULER, line):
            blocks[-1].append(line)
    parts = [without_labels(cut(lines, between)) for lines in blocks]
    if len({len(part) for part in parts}) > 1:
        raise ValueError(_("its blocks of columns have different numbers of rows"))
    rows = [list(chain.from_iterable(row)) for row in zip(*parts, strict=True)]
    if factor:
        rows = [[cell + factor if loose_number(cell) else cell for cell in row] for row in rows]
    if len(rows) != 1:
        return rows
    return rows[0] if len(rows[0]) != 1 else rows[0][0]


def cut(lines: list[str], between: str) -> list[list[str]]:
    """Cut lines into cells; a row that is only one blank is blank throughout."""
    rows = []
    for line in lines:
        if "…" in line or "..." in line:
            raise ValueError(_("numbers are left out (…): print all of them"))
        tight = re.sub(_TIGHT, r"\1", re.sub(_SPACES, " ", line.strip(" \r")))
        cells = tight.replace(", ", " ").split() if between == " " else tight.split(between)
        if between == "|" and len(cells) > 1 and not cells[0]:
            cells = cells[1:]
        rows.append([cell.strip(" \t\r\"'") for cell in cells])
    while between != " " and rows and all(len(row) > 1 and not row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    width = max(map(len, rows), default=0)
    return [row * width if len(row) == 1 and row[0] in BLANKS else row for row in rows]


def without_labels(rows: list[list[str]]) -> list[list[str]]:
    """Take away a header row, and labels in front of the rows; a corner may be empty or missing."""
    header, body = (rows[0], rows[1:]) if len(rows) > 1 else (None, rows)
    if header is not None and {len(row) for row in body} == {len(header) + 1}:
        header = ["", *header]
    if len({len(row) for row in (*body, header or body[0])} if body else ()) != 1:
        return rows
    first = [row[0] for row in body]
    labelled = len(first) * len(body[0]) > len(first) and all(map(is_label, first))
    if header is not None:
        named = all(not cell or is_label(cell) for cell in header)  # or it is quite empty
        counted = not header[0] and counts(header[1:]) and (labelled or counts(first))
        if not named and not counted:
            return [row[1:] for row in rows] if labelled and is_label(header[0]) else rows
        labelled = labelled or (not header[0] and any(header) and counts(first))
    return [row[1:] for row in body] if labelled else body


def is_label(cell: str) -> bool:
    """Whether a cell is a word, and no number that was written wrongly."""
    return cell not in BLANKS and re.match(_NUMBER_LIKE, cell) is None


def counts(cells: list[str]) -> bool:
    """Whether cells only number columns or rows, from 0 or from 1."""
    return any(cells == [str(i + start) for i in range(len(cells))] for start in (0, 1))
