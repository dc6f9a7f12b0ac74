"""What the formats hold: read back, they are the same page."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import attncli as library
from attncli.export.formats import FORMATS
from tests.support.exported import Page, check_tex, environments, markdown_tables, tex_matrix
from tests.support.running import attncli

CONFIGS = ("article", "multihead", "masked", "cross")
DOCUMENTS = ("markdown", "latex", "html", "svg")


def run(*arguments: str, **more: str) -> str:
    outcome = attncli(*arguments, **more)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), strict=True))


@pytest.mark.parametrize("config", CONFIGS)
def test_csv_is_a_file_a_row_that_reads_back_to_the_last_digit(config: str, tmp_path: Path) -> None:
    folder = tmp_path / "page"
    assert run("backward", config, "--format", "csv", "--output", str(folder)) == ""
    result = library.backward(library.load(config))
    assert {path.name for path in folder.iterdir()} == {f"{symbol}.csv" for symbol in result.values}
    for symbol, value in result.values.items():
        header, *lines = read_csv((folder / f"{symbol}.csv").read_text(encoding="utf-8"))
        assert {len(line) for line in lines} == {len(header)}
        names = (0, 1, 1, 2)[value.ndim]
        found = np.array([[float(cell) for cell in line[names:]] for line in lines]).reshape(value.shape)
        assert np.array_equal(found, value), symbol
        if value.ndim == 3:
            assert header[:2] == ["head", symbol]
            assert [int(line[0]) for line in lines] == [
                h + 1 for h in range(len(value)) for _ in range(value.shape[1])
            ]
        else:
            assert header[0] == symbol


def test_csv_names_rows_and_columns() -> None:
    lines = read_csv(run("forward", "article", "--only", "S", "-f", "csv"))
    tokens = list(library.load("article").tokens)
    assert lines[0] == ["S", *tokens]
    assert [line[0] for line in lines[1:]] == tokens
    assert read_csv(run("forward", "article", "--only", "Wq", "-f", "csv"))[0] == ["Wq", "1", "2", "3", "4"]
    assert run("backward", "article", "--only", "L", "-f", "csv").startswith("L\n")
    assert read_csv(run("forward", "masked", "--only", "bq", "-f", "csv"))[1][0] == ""
    assert "-inf" in read_csv(run("forward", "masked", "--only", "M", "-f", "csv"))[1]


def test_csv_numbers_repeated_tokens() -> None:
    config = json.dumps(
        {"tokens": ["the", "a", "the"], "given": {"Q": [[1]] * 3, "K": [[1]] * 3, "V": [[2]] * 3}}
    )
    assert run("forward", "-", "--only", "S", "-f", "csv", stdin=config).startswith(
        "S,the#1,a,the#2\nthe#1,1,1,1\n"
    )


def test_csv_of_one_head_keeps_its_columns() -> None:
    every = read_csv(run("forward", "multihead", "--only", "A", "-f", "csv"))
    one = read_csv(run("forward", "multihead", "--only", "A", "--head", "3", "-f", "csv"))
    assert one == [every[0], *(line for line in every[1:] if line[0] == "3")]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("command", ["forward", "backward"])
def test_npz_holds_what_json_holds(config: str, command: str, tmp_path: Path) -> None:
    path = tmp_path / "page.npz"
    assert run(command, config, "--output", str(path)) == ""
    result = getattr(library, command)(library.load(config))
    with np.load(path, allow_pickle=False) as found:
        assert found.files == list(result.values)
        for symbol, value in result.values.items():
            assert found[symbol].dtype == value.dtype
            assert np.array_equal(found[symbol], value), symbol


def test_rounding_on_the_way_and_single_precision_reach_every_format(tmp_path: Path) -> None:
    path = tmp_path / "page.npz"
    run("forward", "article", "--round", "2", "--only", "A", "-o", str(path))
    with np.load(path) as found:
        assert np.array_equal(found["A"], np.round(found["A"], 2))
    assert "0.29," in run("forward", "article", "--round", "2", "--only", "A", "-f", "csv")
    run("forward", "article", "--dtype", "float32", "-o", str(path))
    with np.load(path) as found:
        assert found["A"].dtype == np.float32


@pytest.mark.parametrize("config", CONFIGS)
def test_markdown_tables_hold_the_numbers(config: str) -> None:
    text = run("backward", config, "--all", "-f", "markdown", "--decimals", "full")
    result = library.backward(library.load(config))
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [part.split("\n")[0].replace("\\", "") for part in sections] == [
        *result.values,
        "What each token attends to most",
    ]
    for part, (symbol, value) in zip(sections, result.values.items(), strict=False):
        assert f"`{result.formula(symbol)}" in part
        tables = markdown_tables(part)
        assert all(len({len(line) for line in table}) == 1 for table in tables)
        numbers = [[cell.replace("∞", "inf") for cell in line[1:]] for table in tables for line in table[2:]]
        if value.ndim:
            assert np.array_equal(np.array(numbers, float).reshape(value.shape), value), symbol


def test_markdown_names_and_decimals() -> None:
    text = run("forward", "article", "--only", "A", "-f", "markdown", "-d", "2", "-q")
    assert text.startswith("## A\n\n`A = softmax(Z)`: 9 × 9, attention weights\n\n|  | Death | is |")
    assert "| Death | 0.49 | 0.01 |" in text
    assert "attends to most" not in text


@pytest.mark.parametrize("config", CONFIGS)
def test_html_is_whole_and_stands_alone(config: str) -> None:
    page = Page(run("backward", config, "--all", "-f", "html", "-d", "full"))
    result = library.backward(library.load(config))
    assert page.fetched == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert {"main", "nav", "style", "title", "h1"} <= page.tags
    assert page.links == [f"#{symbol}" for symbol in sorted(result.values, key=page.links_order(result))]
    assert [name for name in page.ids if name != "attention"] == list(result.values)
    for symbol, value in result.values.items():
        assert page.headings[symbol].startswith(result.formula(symbol))
        if value.ndim:
            found = np.array(
                [cell.strip().replace("▸", "").replace("∞", "inf") for cell in page.cells[symbol]], float
            )
            assert np.array_equal(found.reshape(value.shape), value), symbol


def test_html_marks_the_largest_of_each_row_and_shades_the_weights() -> None:
    text = run("forward", "article", "--only", "A", "-f", "html", "-q")
    weights = library.forward(library.load("article"))["A"]
    marks = re.findall(
        r"<td[^>]*>([^<]*<i>▸</i>[^<]*|[^<]*)</td>", text.split("<tbody>")[1].split("</tbody>")[0]
    )
    found = np.array(["▸" in cell for cell in marks]).reshape(weights.shape)
    assert np.array_equal(found, weights >= weights.max(axis=1, keepdims=True) * (1 - 1e-12))
    shades = np.array(re.findall(r"--heat: ([\d.e-]+)", text), float)
    assert shades.max() == 1.0
    assert len(shades) > 60
    assert "prefers-color-scheme: dark" in text
    assert "--heat:" not in run("forward", "article", "--only", "S", "-f", "html")


@pytest.mark.parametrize("config", ["article", "masked", "cross"])
def test_latex_is_a_document_with_every_number(config: str) -> None:
    text = run("backward", config, "--all", "-f", "latex", "-d", "2")
    check_tex(text)
    matrices = environments(text, "bmatrix")
    result = library.backward(library.load(config))
    numbers = [tex_matrix(body) for body in matrices]
    expected = [
        matrix
        for value in result.values.values()
        if value.ndim
        for matrix in value.reshape(-1, *np.atleast_2d(value).shape[-2:])
    ]
    assert len(numbers) == len(expected)
    for ours, theirs in zip(numbers, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.00501)
    widest = max(len(line) for matrix in numbers for line in matrix)
    assert int(re.search(r"MaxMatrixCols\}\{(\d+)\}", text)[1]) >= widest  # type: ignore[index]
    assert r"\frac{\partial L}{\partial W_q}" in text


def test_latex_puts_names_beside_rows() -> None:
    text = run("forward", "article", "--only", "Q", "-f", "latex")
    assert "Q = X W_q =\n\\begin{array}{r} \\text{Death} \\\\ \\text{is}" in text


def test_latex_splits_what_is_too_wide_or_too_long_and_loses_nothing() -> None:
    rng = np.random.default_rng(3)
    v = rng.normal(size=(45, 30)).round(5)
    config = json.dumps({"given": {"Q": [[1]] * 45, "K": [[1]] * 45, "V": v.tolist()}})
    text = run("forward", "-", "--only", "V", "--full", "-f", "latex", "-d", "5", stdin=config)
    check_tex(text)
    assert "rows 1 to 40, columns 1 to " in text
    bodies = [np.array(tex_matrix(body)) for body in environments(text, "bmatrix")]
    top = [body for body in bodies if len(body) == 40]
    rest = [body for body in bodies if len(body) == 5]
    assert len(top) == len(rest) >= 3
    assert np.array_equal(np.vstack([np.hstack(top), np.hstack(rest)]), v)


@pytest.mark.parametrize("style", ["markdown", "latex", "html", "text"])
def test_large_matrices_show_their_corners_unless_full(style: str) -> None:
    config = json.dumps({"given": {"Q": [[1]] * 30, "K": [[1]] * 30, "V": [[2.5]] * 30}})
    some = run("forward", "-", "--only", "S", "-f", style, stdin=config)
    every = run("forward", "-", "--only", "S", "-f", style, "--full", stdin=config)
    assert "the corners of 30" in some
    assert "the corners" not in every
    assert len(every) > 2 * len(some)
    if style == "latex":
        check_tex(some)
        assert r"\cdots" in some


@pytest.mark.parametrize("config", ["article", "multihead"])
def test_svg_is_a_picture_that_fetches_nothing(config: str) -> None:
    text = run("forward", config, "--only", "S,A", "-f", "svg")
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "font-face" not in text
    assert re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#|[\"']?#)[^)\"']*", text) == []
    words = "".join(root.itertext()).replace("\xa0", " ")
    assert "A = softmax(Z)" in words
    assert "▸" in words


def test_svg_is_as_wide_as_the_screen() -> None:
    def width(columns: str) -> float:
        return float(
            re.search(r'viewBox="0 0 ([\d.]+)', run("forward", "article", "-f", "svg", "--width", columns))[1]
        )  # type: ignore[index]

    assert width("120") > width("60")


@pytest.mark.parametrize("style", ["text", "plain", "json"])
def test_what_the_old_options_say_the_format_says_too(style: str, tmp_path: Path) -> None:
    flags = [] if style == "text" else [f"--{style}"]
    for command in (["forward", "masked"], ["backward", "article", "--only", "dWq,L"]):
        wanted = run(*command, *flags)
        assert run(*command, "--format", style) == wanted
        path = tmp_path / "page.out"
        assert run(*command, "--format", style, "--output", str(path), "--color", "always") == ""
        assert path.read_text(encoding="utf-8") == wanted


def test_json_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    run("forward", "article", "-o", str(path))
    assert json.loads(path.read_text(encoding="utf-8")) == library.forward(library.load("article")).to_dict()


@pytest.mark.parametrize("style", DOCUMENTS)
def test_documents_show_one_head_and_the_rows_asked_for(style: str) -> None:
    text = run("forward", "multihead", "--only", "A", "--head", "3", "-f", style).replace("&#160;", " ")
    assert "head 3" in text
    assert "head 2" not in text
    assert "Wq" not in text


@pytest.mark.parametrize("style", [name for name in FORMATS if name not in {"csv", "npz"}])
@pytest.mark.parametrize(
    "command", [["backward", "masked"], ["explain", "A[1][Death,is]", "A", "-c", "masked"]]
)
def test_ascii(style: str, command: list[str]) -> None:
    if style == "json" and command[0] == "explain":
        command = ["explain", "A[1][Death,is]", "-c", "masked"]
    text = run(*command, "--ascii", "-f", style)
    assert text.replace("\xa0", " ").replace("●", "").isascii()


@pytest.mark.parametrize(
    ("cells", "depth"),
    [(["A[Death,wind]"], "all"), (["A[Death,wind]", "dZ[Death,wind]", "A", "L", "P[1,1]"], "1")],
)
def test_explanations_as_documents(cells: list[str], depth: str) -> None:
    command = ["explain", *cells, "-c", "article", "--depth", depth]
    trail = run(*command, "-f", "plain").splitlines()
    markdown = run(*command, "-f", "markdown")
    assert [line for line in markdown.splitlines() if "└" in line] == [line for line in trail if "└" in line]
    assert markdown.count("```text\n") * 2 == markdown.count("```")
    page = Page(run(*command, "-f", "html"))
    steps = [line.strip() for line in trail if "└" in line]
    assert [line for line in page.paragraphs if "└" in line] == steps
    text = run(*command, "-f", "latex")
    check_tex(text)
    assert text.count(r" \cdot ") > 5
    assert (
        r"$A[\text{Death,wind}] = \operatorname{softmax}(Z)[\text{Death,wind}] = e^{5}/(e^{5.5000} + " in text
    )
    ET.fromstring(run(*command, "-f", "svg"))  # noqa: S314
    if len(cells) == 1:
        assert run(*command, "-f", "json") == run(*command, "--json")
    assert run(*command, "-f", "plain").splitlines() == trail


def test_explanations_in_files(tmp_path: Path) -> None:
    path = tmp_path / "e.md"
    assert run("explain", "A[1,2]", "-c", "article", "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8").startswith("# A\\[Death,is\\]\n\n```text\nA[Death,is] = ")


def test_the_parsers_of_this_file_find_faults() -> None:
    for wrong in (
        r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}",
        r"\text{a_b}",
        "a & b",
        r"\[ x",
        "{",
        "50% off",
    ):
        with pytest.raises(AssertionError):
            check_tex("\\documentclass{article}\n\\begin{document}\n" + wrong + "\n\\end{document}\n")
    for wrong in ("<p><b></p>", "<td>", "</i>"):
        with pytest.raises(AssertionError):
            Page(wrong)
    assert issubclass(Page, HTMLParser)
