"""The files for graders and gradebooks, when names, answers, files and lines are not what they should be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from attncli.errors import AttnError
from attncli.graders import FORMATS, write
from attncli.graders.records import Course, Person, file_path
from attncli.homework.marks import RowMark, Verdict
from attncli.untrusted import in_csv, in_markdown
from tests.support.exported import Page, markdown_tables
from tests.support.graded import (
    ANN,
    BAD,
    BOB,
    COURSE,
    ONE_A_SHEET,
    line,
    right,
    strict,
    table,
    texts,
    written,
    wrong,
    xml,
)

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "<script>alert(1)</script>",
    "]]></failure><testcase/>&amp;",
    "a|b `code` ``",
    "[red]bold[/red] [x](http://x.example) ![](y)",
    "\x1b[31mred\x1b[0m\x9b\u202e",
    "two\nlines\u2028 B20,0,0",
    "\x00\x0b\ufffe\ud800",
    "\"quoted\" 'and' ,;",
    "Nguyễn Văn Ánh",
]


@pytest.mark.parametrize("name", FORMATS)
def test_two_sheets_of_one_student_are_never_merged(tmp_path: Path, name: str) -> None:
    lines = [ANN, line("bob", "a/bob.yaml", right("S")), line("bob", "b/bob.yaml", wrong("S"))]
    made = written(tmp_path, name, lines, replace(COURSE, duplicates=frozenset({"bob"})))
    files = texts(tmp_path)
    if name in {"nbgrader", "canvas", "moodle"}:
        (text,) = files.values()
        assert len(table(text)) == (2 if name == "canvas" else 1)
        assert "bob" not in text
        assert "bob" in made.notes[0]
        return
    assert made.notes == ()
    if name in ONE_A_SHEET:
        assert {f"{name}/{one}/bob.yaml{ONE_A_SHEET[name]}" for one in "ab"} <= set(files)
    elif name == "junit":
        cases = [(case.get("classname"), case.get("name")) for case in xml(*files.values()).iter("testcase")]
        assert len(set(cases)) == len(cases) == 4
    else:
        assert [one["file"] for one in table(files["otter.csv"])][1:] == [
            "ann.yaml",
            "a/bob.yaml",
            "b/bob.yaml",
        ]


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_course_is_fine(tmp_path: Path, name: str) -> None:
    made = written(tmp_path, name, [], Course("HW"))
    assert all(path.exists() for path in made.paths)
    for file, text in texts(tmp_path).items():
        if file.endswith(".xml"):
            assert xml(text).get("tests") == "0"
        elif file.endswith(".html"):
            Page(text)
        else:
            table(text)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_hostile_text_stays_text(tmp_path: Path, name: str, text: str) -> None:
    row = replace(wrong("A", yours=text), says=text)
    unknown = RowMark(text, Verdict.UNREADABLE, "", 0, 0, 0.0, 1.0, says=text)
    record = {**line(text, "x.yaml", row, unknown), "notes": [text], "config": text}
    course = Course(text, people={text: Person(*[text] * 6), "ann": Person(email="ann@x.example")})
    written(tmp_path, name, [record, ANN], course)
    for file, content in texts(tmp_path).items():
        assert {char for char in content if not char.isprintable()} <= {"\n"}
        if file.endswith(".csv"):
            rows = table(content)
            assert len(rows) == (3 if name in {"otter", "canvas"} else 2)
            assert name != "otter" or list(rows[0])[1:4] == ["A", "S", "Z"]
            cells = [cell for one in rows for cell in [*one, *one.values()]]
            assert not [cell for cell in cells if re.match(r" *[=+\-@＝\t\r]", cell)]
        elif file.endswith(".xml"):
            assert len(list(xml(content).iter("testcase"))) == 4
        elif file.endswith(".html"):
            page = Page(content)
            assert not page.tags & {"script", "img", "testcase"}
            assert page.attributes <= {"lang", "charset", "name", "content", "class", "scope", "href"}
        elif file.endswith(".md"):
            assert len(markdown_tables(content)) == 1
            unescaped = re.sub(r"\\.|(`+)[^`].*?\1", "", content)
            assert not re.search(r"[<\[]", unescaped)
        else:
            strict(content)


def test_csv_texts() -> None:
    assert [in_csv(text) for text in ("=1", "-1", "-1.5e3", "-x", "+84", " @a", "a=b", "\tx", "")] == [
        *("'=1", "-1", "-1.5e3", "'-x", "+84", "' @a", "a=b", "'\\tx", "")
    ]
    assert [in_csv(value) for value in (None, 0.5, -2)] == ["", "0.5", "-2"]


def test_markdown_texts() -> None:
    assert in_markdown("- x") == "\\- x"
    assert in_markdown("1. x") == "1\\. x"
    assert in_markdown("A[1,2]") == "A\\[1,2\\]"


def test_no_two_sheets_share_a_place() -> None:
    names = ["a.yaml", "a.json", "d/a.yaml", "a.yaml.json/b.yaml", "x" * 250 + ".yaml", "x" * 250 + ".yml"]
    places = [file_path(name, ".json") for name in names]
    assert len(set(places)) == len(names)
    assert str(places[0]) == "a.yaml.json"
    assert not [parent for path in places for parent in path.parents if parent in places]
    assert all(len(part) < 255 for path in places for part in path.parts)


@pytest.mark.parametrize("file", ["../x.yaml", "/etc/x.yaml", "a/../../x.yaml", ""])
def test_no_file_is_written_outside(tmp_path: Path, file: str) -> None:
    with pytest.raises(AttnError, match="leads out"):
        written(tmp_path, "gradescope", [{**ANN, "file": file}])
    assert texts(tmp_path) == {}


def test_awkward_file_names_get_their_files(tmp_path: Path) -> None:
    lines = [
        line("a", "a.yaml", right("S")),
        line("b", "a.yaml.html/b.yaml", right("S")),
        line("c", "index.html/c?#.yaml", right("S")),
        line("d", "ế" * 80 + ".yaml", right("S")),
        line("e", "new\nline.yaml", right("S")),
    ]
    written(tmp_path, "html", lines)
    links = Page(texts(tmp_path)["html/index.html"]).links
    assert len(links) == 5
    assert all((tmp_path / "out/html" / unquote(link)).is_file() for link in links)


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        '{"file": "a"}',
        json.dumps({**ANN, "score": float("nan")}),
        '{"file":"a","rows":[],"score":1e999}',
        '{"file":"a","rows":[{"points":1e999}],"score":1}',
    ],
)
def test_a_line_that_is_no_record_is_told_and_leaves_no_half_file(tmp_path: Path, bad: str) -> None:
    results = tmp_path / "results.jsonl"
    (tmp_path / "out").mkdir()
    (tmp_path / "out/otter.csv").write_text("old")
    results.write_text(json.dumps(ANN) + "\n" + bad + "\n")
    with pytest.raises(AttnError) as told:
        write("otter", results, tmp_path / "out", COURSE)
    assert told.value.where.line == 2
    assert texts(tmp_path) == {"otter.csv": "old"}


def test_an_unknown_format_and_lost_results_are_told(tmp_path: Path) -> None:
    with pytest.raises(AttnError, match="gradescope"):
        written(tmp_path, "excel", [])
    with pytest.raises(AttnError, match="cannot be read"):
        write("otter", tmp_path / "none.jsonl", tmp_path / "out", COURSE)


@pytest.mark.parametrize("name", FORMATS)
def test_writing_again_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    written(tmp_path, name, [ANN, BOB, BAD])
    first = texts(tmp_path)
    written(tmp_path, name, [ANN, BOB, BAD])
    assert texts(tmp_path) == first
    assert not [file for file in first if "/." in file or file.startswith(".")]
