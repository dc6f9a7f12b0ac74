"""The files for graders and gradebooks: their fields, and what students may not see."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from attncli.graders import junit
from attncli.graders.records import Person
from tests.support.exported import Page, markdown_tables
from tests.support.graded import (
    ANN,
    BAD,
    BOB,
    COURSE,
    line,
    right,
    strict,
    table,
    texts,
    written,
    wrong,
    xml,
)


def test_gradescope(tmp_path: Path) -> None:
    made = written(tmp_path, "gradescope", [ANN, BOB, BAD])
    assert made.paths == (tmp_path / "out/gradescope",)
    files = {name: strict(text) for name, text in texts(tmp_path).items()}
    assert set(files) == {
        "gradescope/ann.yaml.json",
        "gradescope/late/bob.yaml.json",
        "gradescope/broken/eve.yaml.json",
    }
    bob = files["gradescope/late/bob.yaml.json"]
    assert set(bob) <= {
        *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format"),
        *("visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"),
    }
    assert bob["score"] == 1.7
    assert bob["output"].splitlines() == ["Score: 1.7 of 4", "Handed in late: 0.19 taken off."]
    assert [test["status"] for test in bob["tests"]] == ["passed", "failed", "failed", "failed"]
    assert [test["number"] for test in bob["tests"]] == ["1", "2", "3", "4"]
    assert (bob["tests"][1]["score"], bob["tests"][1]["max_score"]) == (0.89, 1)
    assert bob["tests"][1]["tags"] == ["wrong", "softmax-columns", "scale-missing"]
    assert [test["output"] for test in files["gradescope/ann.yaml.json"]["tests"]] == [
        "✓ right",
        "↷ follows from earlier",
    ]
    lost = files["gradescope/broken/eve.yaml.json"]
    assert (lost["score"], lost["tests"]) == (0, [])
    assert "could not be read" in lost["output"]


def test_prairielearn(tmp_path: Path) -> None:
    written(tmp_path, "prairielearn", [ANN, BOB, BAD])
    files = {name: strict(text) for name, text in texts(tmp_path).items()}
    for result in files.values():
        assert set(result) == {"gradable", "score", "message", "output", "tests"}
        assert 0 <= result["score"] <= 1
        for test in result["tests"]:
            assert set(test) == {"name", "description", "points", "max_points", "message", "output"}
    assert [(result["gradable"], result["score"]) for result in files.values()].count((True, 1.0)) == 1
    assert files["prairielearn/late/bob.yaml.json"]["score"] == 0.425
    assert files["prairielearn/late/bob.yaml.json"]["tests"][1]["message"] == "Down each column."
    assert files["prairielearn/broken/eve.yaml.json"]["gradable"] is False


def test_github_classroom(tmp_path: Path) -> None:
    written(tmp_path, "github-classroom", [ANN, BOB, BAD])
    raw = (tmp_path / "out/github-classroom/late/bob.yaml.txt").read_text()
    assert raw.count("\n") == 1
    assert base64.b64encode(base64.b64decode(raw.strip(), validate=True)).decode() == raw.strip()
    files = {name: strict(text) for name, text in texts(tmp_path).items()}
    ann, bob, eve = (files[f"github-classroom/{name}.yaml.txt"] for name in ("ann", "late/bob", "broken/eve"))
    for result in (ann, bob, eve):
        assert set(result) == {"version", "status", "max_score", "tests"}
        assert result["version"] == 1
        for test in result["tests"]:
            assert set(test) == {
                *("name", "status", "score", "message"),
                *("test_code", "filename", "line_no", "duration"),
            }
            assert test["status"] in {"pass", "fail", "error"}
    assert [result["status"] for result in (ann, bob, eve)] == ["pass", "fail", "error"]
    assert [test["status"] for test in bob["tests"]] == ["pass", "fail", "fail", "error", "fail"]
    assert sum(test["score"] for test in bob["tests"]) == pytest.approx(1.7)
    assert (ann["max_score"], eve["max_score"]) == (2, 0)


def test_junit(tmp_path: Path) -> None:
    assert written(tmp_path, "junit", [ANN, BOB, BAD]).paths == (tmp_path / "out/junit.xml",)
    root = xml(texts(tmp_path)["junit.xml"])
    assert root.attrib == {"tests": "7", "failures": "1", "errors": "2", "time": "0"}
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["ann", "bob", "eve"]
    for suite in suites:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(len(suite.findall(f"testcase/{tag}")))
        assert {case.get("classname") for case in suite} == {suite.get("name")}
    failure = root.find("testsuite/testcase[@name='A']/failure")
    assert failure.attrib == {"message": "wrong (8 of 9)", "type": "softmax-columns"}
    assert [case.get("name") for case in suites[2]] == ["broken/eve.yaml"]


def test_a_row_that_was_begun_and_not_finished_is_no_skipped_test() -> None:
    for count, element in ((0, "skipped"), (15, "failure")):
        row = dict(line("ann", "ann.yaml", wrong("S"))["rows"][0])
        row |= {"verdict": "blank", "right": count, "points": count / 16, "wrong_cells": [], "mistakes": []}
        view = {**ANN, "rows": [row]}
        assert [case[1] for case in junit.testcases(view)] == [element]


SCHEMA = {  # Jenkins' junit-10.xsd: each element's attributes, those it must have, and its children
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id"},
        {"name", "tests", "failures", "errors"},
        {"testcase"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {"failure", "error", "skipped"},
    ),
    **dict.fromkeys(("failure", "error", "skipped"), ({"type", "message"}, set(), set())),
}


def test_jenkins_takes_the_junit_file(tmp_path: Path) -> None:
    written(tmp_path, "junit", [ANN, BOB, BAD])
    root = xml(texts(tmp_path)["junit.xml"])
    assert root.tag == "testsuites"
    for element in root.iter():
        known, needed, children = SCHEMA[element.tag]
        assert needed <= set(element.attrib) <= known
        assert {child.tag for child in element} <= children
        assert re.fullmatch(r"[0-9]*(\.[0-9]*)?", element.get("time", ""))


def test_junit_is_split_between_suites_and_old_parts_go(tmp_path: Path, monkeypatch) -> None:
    lines = [line(f"s{i}", f"{i}.yaml", wrong("A")) for i in range(10)]
    written(tmp_path, "junit", lines)
    whole = xml(texts(tmp_path)["junit.xml"])
    monkeypatch.setattr(junit, "LARGEST", 2000)
    made = written(tmp_path, "junit", lines)
    assert [path.name for path in made.paths][:3] == ["junit.xml", "junit-2.xml", "junit-3.xml"]
    assert all(path.stat().st_size < 2200 for path in made.paths)
    parts = [xml(path.read_text()) for path in made.paths]
    assert [ET.tostring(suite) for part in parts for suite in part] == [ET.tostring(suite) for suite in whole]
    assert sum(int(part.get("failures")) for part in parts) == 10
    monkeypatch.undo()
    written(tmp_path, "junit", lines)
    assert set(texts(tmp_path)) == {"junit.xml"}


def test_nbgrader(tmp_path: Path) -> None:
    times = {"ann.yaml": "2026-03-01T08:00:00+07:00", "late/bob.yaml": "never used: it was late"}
    course = replace(COURSE, submitted=lambda record: times.get(record["file"]))
    written(tmp_path, "nbgrader", [ANN, BOB, BAD], course)
    text = texts(tmp_path)["nbgrader.csv"]
    assert text.splitlines()[0] == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
        "late_submission_penalty,score,max_score"
    )
    ann, bob, eve = table(text)
    when = "2026-03-01T08:00:00+07:00"
    assert list(ann.values()) == [
        *("HW 3", COURSE.due, when, "ann", "Lee", "Ann", "ann@x.example", "2.0", "0.0", "2.0", "2.0")
    ]
    assert (bob["timestamp"], bob["raw_score"], bob["late_submission_penalty"], bob["score"]) == (
        *("2026-03-02T08:00:00+07:00", "1.89", "0.19"),
        "1.7",
    )
    assert (eve["student_id"], eve["score"], eve["max_score"]) == ("eve", "0.0", "")


def test_otter(tmp_path: Path) -> None:
    written(tmp_path, "otter", [ANN, BOB, BAD])
    text = texts(tmp_path)["otter.csv"]
    assert text.splitlines()[0] == "file,A,H,O,S,Z,total_points_earned,percent_correct,grading_status"
    points, ann, bob, eve = table(text)
    assert list(points.values()) == ["points-per-question", *["1.0"] * 5, "5.0", "", ""]
    assert (ann["file"], ann["A"], ann["Z"], ann["percent_correct"]) == ("ann.yaml", "0.0", "1.0", "1.0")
    assert (bob["file"], bob["A"], bob["total_points_earned"]) == ("late/bob.yaml", "0.89", "1.7")
    assert (ann["grading_status"], eve["grading_status"]) == ("Completed", "Unreadable")
    written(tmp_path, "otter", [ANN], replace(COURSE, points={"S": 3.0, "Z": 2.0}))
    points, _ann = table(texts(tmp_path)["otter.csv"])
    assert list(points.values())[1:4] == ["3.0", "2.0", "5.0"]


def test_canvas(tmp_path: Path) -> None:
    made = written(tmp_path, "canvas", [ANN, BOB, BAD])
    text = texts(tmp_path)["canvas.csv"]
    assert text.splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 3",
        "    Points Possible,,,,,4.0",
        "Ann Lee,,7001,ann,T1,2.0",
        "bob,,,bob,,1.7",
    ]
    assert len(made.notes) == 1
    assert "eve" in made.notes[0]
    people = {"ann": Person("Ann Lee", id_number="7001", login="ann.lee")}
    written(tmp_path, "canvas", [ANN], replace(COURSE, points={"S": 3.0, "Z": 2.0}, people=people))
    assert texts(tmp_path)["canvas.csv"].splitlines()[1:] == [
        "    Points Possible,,,,,5.0",
        "Ann Lee,,7001,ann.lee,,2.0",
    ]


def test_moodle(tmp_path: Path) -> None:
    both = replace(COURSE, people={**COURSE.people, "bob": Person()})
    made = written(tmp_path, "moodle", [ANN, BOB, BAD], both)
    ann, bob = table(texts(tmp_path)["moodle.csv"])
    assert list(ann) == ["ID number", "HW 3", "Feedback comments"]
    assert list(ann.values()) == ["7001", "2.0", "Score: 2 of 2"]
    assert bob["ID number"] == "bob"
    assert all(person["HW 3"] for person in (ann, bob))
    assert "eve" in made.notes[0]
    written(tmp_path, "moodle", [ANN, BAD])
    (ann,) = table(texts(tmp_path)["moodle.csv"])
    assert ann["Email address"] == "ann@x.example"
    # Moodle refuses the whole file where one line names nobody, so who is not in the roster has none.
    made = written(tmp_path, "moodle", [ANN, BOB, BAD])
    (ann,) = table(texts(tmp_path)["moodle.csv"])
    assert ann["Email address"] == "ann@x.example"
    assert "not in the roster: bob" in made.notes[0]


@pytest.mark.parametrize("name", ["nbgrader", "canvas", "moodle"])
def test_one_of_several_sheets_is_booked(tmp_path: Path, name: str) -> None:
    lines = [line("Ann ", "a/ann.yaml", right("S")), line("ann", "b/x.yaml", wrong("S"))]
    course = replace(COURSE, duplicates=frozenset({"Ann ", "ann"}), booked=frozenset({"a/ann.yaml"}))
    made = written(tmp_path, name, lines, course)
    rows = table(texts(tmp_path)[f"{name}.csv"])
    (booked,) = (row for row in rows if row.get("Student", "").strip() != "Points Possible")
    assert "1.0" in booked.values()
    assert {"ann", "ann@x.example"} & set(booked.values())  # as the roster writes it
    assert made.notes == ()


def test_markdown_and_html_read_the_same(tmp_path: Path) -> None:
    written(tmp_path, "markdown", [BOB])
    written(tmp_path, "html", [BOB])
    files = texts(tmp_path)
    (rows,) = markdown_tables(files["markdown/late/bob.yaml.md"])
    assert [cells[:4] for cells in rows[2:]] == [
        ["S", "✓", "right", "9 of 9"],
        ["A", "✗", "wrong", "8 of 9"],
        ["H", "○", "blank", "0 of 9"],
        ["O", "?", "unreadable", ""],
    ]
    page = Page(files["html/late/bob.yaml.html"])
    assert page.fetched == []
    assert page.cells[""][3:6] == ["✗ wrong", "8 of 9", "0.89 of 1"]
    assert "Score: 1.7 of 4" in page.paragraphs
    assert Page(files["html/index.html"]).links == ["late/bob.yaml.html"]
