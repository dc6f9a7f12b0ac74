"""Tokens that try to be more than text, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from attncli.export import latex, markdown
from attncli.export.formats import FORMATS
from attncli.untrusted import code, in_markdown, sanitize
from tests.support.exported import Page, check_tex, markdown_tables
from tests.support.running import attncli

TOKENS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "<script>alert(1)</script>",
    "</td></style><img src=x onerror=alert(1)>",
    "a|b",
    "\\|",
    "`code`",
    "``",
    "[x](http://x.example)",
    "www.example.com",
    "a@example.com",
    "~~x~~",
    "\\input{/etc/passwd}",
    "{",
    "}",
    "\\",
    "$x^2_3$ 50% & #1 ~",
    "\"quoted\" 'and' ,,--``",
    "]]>&amp;",
    "\x1b[31mred\x1b[0m",
    "\x9b31m\u202e",
    "a\nb\u2028c",
    "\ufffe",
    "Việt 日本語",
    "the",
    "the",
]
CONFIG = json.dumps(
    {
        "tokens": TOKENS,
        "given": {symbol: [[1, 0.5]] * len(TOKENS) for symbol in "QKV"},
        "target": 0.5,
    }
)
CELL = f"S[{json.dumps(TOKENS[7])},{json.dumps(TOKENS[21])}]"


def written(style: str, *arguments: str) -> str:
    outcome = attncli(*(arguments or ("forward", "-", "--only", "S", "--full")), "-f", style, stdin=CONFIG)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


@pytest.mark.parametrize("style", [name for name in FORMATS if name != "npz"])
def test_nothing_takes_effect_in_a_terminal(style: str) -> None:
    full = [] if style in {"json", "csv"} else ["--full"]
    text = written(style, "forward", "-", "--only", "S", *full)
    hidden = {char for char in text if not char.isprintable() and char != "\n"}
    assert hidden <= ({"\t"} if style == "plain" else {"\xa0"} if style == "svg" else set())


def test_csv_has_no_formulas_and_every_token() -> None:
    text = written("csv", "forward", "-", "--only", "S")
    lines = list(csv.reader(io.StringIO(text), strict=True))
    assert {len(line) for line in lines} == {len(TOKENS) + 1}
    names = [line[0] for line in lines[1:]]
    assert names == lines[0][1:]
    for token, name in zip(TOKENS, names, strict=True):
        assert not name.startswith(tuple("=+-@\t\r＝"))
        formula = token[0] in "=+-@\t\r＝"
        assert name.removesuffix("#1").removesuffix("#2") == "'" * formula + sanitize(token), token
    assert [name[0] for name in names[:7]] == ["'"] * 7
    assert names[-2:] == ["the#1", "the#2"]


def test_markdown_keeps_its_columns() -> None:
    (table,) = markdown_tables(written("markdown"))
    assert {len(line) for line in table} == {len(TOKENS) + 1}
    names = [re.sub(r"\\(.)", r"\1", line[0]) for line in table[2:]]
    assert names[:4] == TOKENS[:4]
    assert names[9:12] == TOKENS[9:12]
    text = written("markdown")
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\[|https?:|(?<!\\)www\.", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("\\|", r"\\\|"),
        ("<b>", r"\<b\>"),
        ("`", r"\`"),
        ("http://x", r"http\://x"),
        ("www.x", r"www\.x"),
        ("S = Q·Kᵀ", "S = Q·Kᵀ"),
    ],
)
def test_markdown_escapes(text: str, expected: str) -> None:
    assert in_markdown(text) == expected


def test_markdown_code_ends_where_it_should() -> None:
    assert code("a`b``c") == "``` a`b``c ```"
    assert markdown.fenced("a\n```\nb") == "````text\na\n```\nb\n````"


def test_html_shows_tokens_as_text() -> None:
    page = Page(written("html"))
    assert page.fetched == []
    assert not page.tags & {"script", "img"}
    assert not {name for name in page.attributes if name.startswith("on")}
    down = [name for name in page.names if name][-len(TOKENS) :]
    assert down[7:9] == TOKENS[7:9]
    assert down[-3] == "Việt 日本語"


def test_svg_is_still_xml() -> None:
    text = written("svg")
    root = ET.fromstring(text)  # noqa: S314 - that it holds is what is tested
    assert not [
        node for node in root.iter() if node.tag.rpartition("}")[2] in {"script", "img", "foreignObject"}
    ]
    assert not re.search(r"(?:href|src)\s*=|url\((?!#)", text)


def test_latex_has_no_commands_of_others() -> None:
    text = written("latex")
    check_tex(text)
    assert r"\input" not in text.replace(r"\textbackslash{}input", "")
    assert "Việt 日本語" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("\\a{b}", r"\textbackslash{}a\{b\}"),
        ("$&#%_", r"\$\&\#\%\_"),
        ("^~", r"\textasciicircum{}\textasciitilde{}"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
        ("--,,", "-{}-,{},"),
        ("a-b, c", "a-b, c"),
        ("∂L/∂Q", r"\ensuremath{\partial}L/\ensuremath{\partial}Q"),
        ("ế 語", "ế 語"),
    ],
)
def test_latex_escapes(words: str, expected: str) -> None:
    assert latex.text(words) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("-∞", r"-\infty"), ("~", r"\sim"), ("1.5e-05", r"1.5 \cdot 10^{-5}"), ("  2 ", "2"), ("⋯", r"\cdots")],
)
def test_numbers_in_latex(shown: str, expected: str) -> None:
    assert latex.number(shown) == expected


@pytest.mark.parametrize("style", ["markdown", "latex", "html", "svg", "json"])
def test_explanations_of_such_cells(style: str, tmp_path: Path) -> None:
    config = tmp_path / "<b>$x_1$.json"
    config.write_text(CONFIG, encoding="utf-8")
    text = written(style, "explain", CELL, "-c", str(config), "--depth", "all")
    assert not {char for char in text if not char.isprintable()} - {"\n", "\xa0"}
    if style == "latex":
        check_tex(text)
    elif style == "html":
        assert not Page(text).tags & {"script", "img", "b" * 2}
    elif style == "svg":
        ET.fromstring(text)  # noqa: S314
    elif style == "markdown":
        assert text.startswith("# S\\[")
        assert text.count("```") == 2


@pytest.mark.parametrize("style", ["markdown", "latex", "html", "svg"])
def test_the_name_of_a_config_is_text_as_well(style: str, tmp_path: Path) -> None:
    config = tmp_path / "<b>`$x_1$`\x1b[1m.json"
    config.write_text(CONFIG, encoding="utf-8")
    text = written(style, "forward", str(config), "--only", "O")
    if style == "latex":
        check_tex(text)
    elif style == "html":
        assert Page(text).tags & {"b"}
        assert "&lt;b&gt;`$x_1$`\\x1b" in text
    elif style == "svg":
        ET.fromstring(text)  # noqa: S314
    else:
        assert text.partition("\n")[0].endswith(".json")
        assert ("\\<b\\>\\`\\$x\\_1\\$\\`\\\\x1b") in text
