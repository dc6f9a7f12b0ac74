"""Readers of the formats, strict where a browser or a compiler would forgive or stop."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """An HTML page taken apart; raises AssertionError where it is not well-formed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: dict[str, str] = {}
        self.cells: dict[str, list[str]] = {}
        self.names: list[str] = []
        self.paragraphs: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], self.open
        style = text.rsplit("<style>", maxsplit=1)[-1].split("</style>", maxsplit=1)[0]
        assert "url(" not in style
        assert "@import" not in style

    @property
    def here(self) -> str:
        return self.ids[-1] if self.ids else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.fetched += [str(values[name]) for name in ("src", "data", "srcset") if name in values]
        if "href" in values:
            self.links.append(str(values["href"]))
            if not str(values["href"]).startswith("#"):
                self.fetched.append(str(values["href"]))
        if tag == "section" and "id" in values:
            self.ids.append(str(values["id"]))
        if tag == "p":
            self.paragraphs.append("")
        if tag == "td" and "tbody" in self.open:
            self.cells.setdefault(self.here, []).append("")
        if tag == "th":
            self.names.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "h2" in self.open:
            self.headings[self.here] = self.headings.get(self.here, "") + data
        if "p" in self.open:
            self.paragraphs[-1] += data
        if "td" in self.open and "tbody" in self.open:
            self.cells[self.here][-1] += data
        if "th" in self.open:
            self.names[-1] += data

    @staticmethod
    def links_order(result: Any) -> Any:
        """Givens, then forward rows, then gradients."""
        kinds = {row.symbol: 2 if row.backward else 1 for row in result.page.rows}
        order = list(result.values)
        return lambda symbol: (kinds.get(symbol, 0), order.index(symbol))


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The cells of each table, cut at the bars that are not escaped."""
    tables: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith(" |")
            cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]
            tables[-1].append([cell.strip() for cell in cells])
        elif tables[-1]:
            tables.append([])
    return [table for table in tables if table]


def environments(text: str, name: str) -> list[str]:
    """What stands in each environment of one name."""
    return re.findall(rf"\\begin\{{{name}\}}(.*?)\\end\{{{name}\}}", text, re.DOTALL)


COMMANDS = {
    *r"\section \subsection \begin \end \trail \text \ensuremath \frac \partial \top \sqrt \sum".split(),
    *r"\sigma \Sigma \ln \odot \operatorname \left \right \infty \times \cdot \surd \circ \approx".split(),
    *r"\neq \leq \geq \to \cdots \vdots \Rightarrow \ldots \sim \textbackslash \textasciicircum".split(),
    *r"\textasciitilde \textasciigrave \textless \textgreater \textbar \textendash \quad".split(),
}
TOKENS = re.compile(r"\\(?:begin|end)\{[^}]*\}|\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)


PAIRS = {"}": "{", r"\]": r"\[", "$": "$"}
MATRICES = ("bmatrix", "array")


def check_tex(text: str) -> None:
    """Everything opened is closed, rows of a matrix are equally long, no sign stands unescaped."""
    head, body = text.split("\\begin{document}\n")
    assert head.startswith(("\\documentclass", "%"))
    assert body.endswith("\\end{document}\n")
    body = body.removesuffix("\\end{document}\n")
    open_: list[str] = []
    columns: list[list[int]] = []
    for token in TOKENS.findall(body):
        check_token(token, open_, columns)
    assert open_ == []
    for words in re.findall(r"\\text\{((?:[^{}]|\{[^{}]*\})*)\}", body):
        plain = re.sub(r"\\ensuremath\{(?:[^{}]|\{[^{}]*\})*\}|\\[a-zA-Z]+(\{\})?|\\.", "", words)
        assert not set(plain) & set("_^&%$#~\\"), words


def check_token(token: str, open_: list[str], columns: list[list[int]]) -> None:
    """Take in one token, and see that it may stand here."""
    if token.startswith((r"\begin{", r"\end{")):
        name = token[token.index("{") + 1 : -1]
        assert name in MATRICES
        if token.startswith(r"\begin"):
            open_.append(name)
            columns.append([0])
        else:
            assert open_.pop() == name
            assert len(set(columns.pop())) == 1
    elif token in PAIRS and (token != "$" or "$" in open_):
        assert open_, f"{token} closes nothing"
        assert open_.pop() == PAIRS[token]
    elif token in PAIRS.values():
        open_.append(token)
    elif token in {"&", r"\\"} and (token == "&" or open_):
        assert open_[-1:] in ([name] for name in MATRICES)
        columns[-1][-1:] = [columns[-1][-1] + 1] if token == "&" else [columns[-1][-1], 0]
    elif token in {"^", "_"}:
        assert {r"\[", "$"} & set(open_) or open_[-1:] == ["{"], "an index in text"
    elif token.startswith("\\") and token[1].isalpha():
        assert token in COMMANDS, token
    else:
        assert token not in {"%", "#", "~", "`", "<", ">", "&"}, token
        assert token.isprintable() or token.isspace()


def tex_matrix(body: str) -> list[list[float]]:
    """The numbers of a matrix."""
    plain = body.replace(r"\infty", "inf").replace(r" \cdot 10^{", "e").replace("}", "")
    return [[float(cell) for cell in line.split("&")] for line in plain.split(r"\\")]
