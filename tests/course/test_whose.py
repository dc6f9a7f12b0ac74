"""Whose a sheet is: one student however the id is written, and what is told where names contradict."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest

from attncli.homework.student import ByStudent, folded
from tests.support.courses import gradebook, hand_in, problem, results, right
from tests.support.running import attncli as run

HOA = "Hoà"
SPELLINGS = [
    ("B20DCCN003", "b20dccn003"),
    ("B20DCCN003", " B20 DCCN\u00a0003 "),
    ("B20DCCN003", "B20DCCN\u200b003"),
    ("B20DCCN003", "\ufeffＢ２０ＤＣＣＮ００３"),
    (unicodedata.normalize("NFC", HOA), unicodedata.normalize("NFD", HOA)),
    ("STRASSE", "straße"),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_the_same_student(first: str, second: str) -> None:
    found = ByStudent({first: 1})
    found[second] = 2
    assert folded(first) == folded(second)
    assert (dict(found), second in found, found.spelled(second)) == ({first: 2}, True, first)


@pytest.mark.parametrize("other", ["B20DCCN004", "B20DCCN03", "Hoa", "B20-DCCN003", "\ud800"])
def test_another_student(other: str) -> None:
    assert folded(other) not in {folded("B20DCCN003"), folded(HOA), ""}


@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_a_student_is_the_same_in_every_file(tmp_path: Path, first: str, second: str) -> None:
    hand_in(tmp_path / "sheets", "x.json", right(), second)
    problem(tmp_path / "configs", f"{first}.json")
    roster = tmp_path / "class.csv"
    roster.write_text(f"student,email,submitted\n{first},x@y.z,2026-03-02T00:00:00Z\n", encoding="utf-8")
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(
        "late: {due: 2026-03-01T00:00:00Z, penalty: 0.5, by: {column: submitted}}", encoding="utf-8"
    )
    done = run(
        "grade", str(tmp_path / "sheets"), "--configs", str(tmp_path / "configs"),
        "-o", str(tmp_path / "out"), "--roster", str(roster), "--rubric", str(rubric),
        *("-f", "moodle", "-f", "canvas", "--json"),
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["missing"], found["outsiders"], found["misnamed"], found["late"]) == ([], [], [], 1)
    assert gradebook(tmp_path / "out")["x.json"]["student"] == first
    assert "x@y.z" in (tmp_path / "out/moodle.csv").read_text(encoding="utf-8")
    assert first in (tmp_path / "out/canvas.csv").read_text(encoding="utf-8")


def graded(folder: Path, *options: str) -> dict:
    done = run(
        "grade", str(folder / "sheets"), problem(folder), "-o", str(folder / "out"), *options, "--json"
    )
    assert done.code == 0, done.err
    return json.loads(done.out)


def roster(folder: Path, *students: str) -> tuple[str, str]:
    (folder / "class.csv").write_text("\n".join(["student", *students]), encoding="utf-8")
    return "--roster", str(folder / "class.csv")


@pytest.mark.parametrize(
    ("file", "listed", "named"),
    [
        ("B2.json", "B2", "B2"),
        ("b2_hw1.json", "B2", "b2"),
        ("B2/hw1.json", "B2", "B2"),
        ("B2/B1.json", "B2", "B2"),  # the folder is another's
        ("Lan.json", "Lan", "Lan"),
        ("nguyenvana_12345_678_B2.json", "B2", "B2"),
        ("B20DCCN002.json", "B9", "B20DCCN002"),  # looks like an id
        ("B20DCCN002/hw1.json", "B9", "B20DCCN002"),
    ],
)
def test_a_sheet_named_after_another(tmp_path: Path, file: str, listed: str, named: str) -> None:
    known = listed != "B9"
    student = "B1" if known else "B20DCCN001"
    hand_in(tmp_path / "sheets", file, right(), student)
    found = graded(tmp_path, *roster(tmp_path, student, listed))
    assert found["misnamed"] == [{"file": file, "student": student, "named": named, "known": known}]
    note = gradebook(tmp_path / "out")[file]["note"]
    assert note == f"it says {student}, and is named {'after another student: ' * known}{named}"
    done = run("grade", str(tmp_path / "sheets"), problem(tmp_path), "-o", str(tmp_path / "x"), COLUMNS="200")
    assert ("Named after somebody else:" in done.out) == (not known)  # nobody but a roster knows these


@pytest.mark.parametrize(
    "file",
    [
        "nguyenvana_12345_678_hw1.json",
        "nguyen_van_an_12_hw1.json",  # An is a student, too
        "nguyenvana_LATE_12345_678_hw1-2.json",
        "Nguyen Van A_123_assignsubmission_file_/hw1.json",
        "2026-03-01/hw12.json",
        "20260301/answers.json",
        "B20DCCN001_hw1.json",
        "B20DCCN001/B20DCCN001 (2).json",
        "group-B20DCCN001-B20DCCN002/hw1.json",
    ],
)
@pytest.mark.parametrize("student", ["B20DCCN001", "20201234"])
def test_a_sheet_named_as_others_name_them(tmp_path: Path, file: str, student: str) -> None:
    if student == "20201234":
        file = file.replace("B20DCCN001", student)
    hand_in(tmp_path / "sheets", file, right(), student)
    hand_in(tmp_path / "sheets", "other/hw1.json", right())  # says nobody: not a student called hw1
    assert graded(tmp_path, *roster(tmp_path, student, "B20DCCN002", "An"))["misnamed"] == []
    assert graded(tmp_path)["misnamed"] == []


def test_nobody_is_pushed_out_by_who_uses_the_name(tmp_path: Path) -> None:
    """The other one has the better sheet, and the real student's file is in another spelling."""
    hand_in(tmp_path / "sheets", "b20dccn001.json", right(L=99), "B20DCCN001")
    hand_in(tmp_path / "sheets", "B20DCCN002.json", right(), "B20 DCCN001")
    found = graded(tmp_path, "-f", "canvas")
    assert found["duplicates"] == [
        {
            "student": "B20 DCCN001",
            "files": ["B20DCCN002.json", "b20dccn001.json"],
            "booked": "b20dccn001.json",
        }
    ]
    assert [one["file"] for one in found["misnamed"]] == ["B20DCCN002.json"]
    table = (tmp_path / "out/canvas.csv").read_text(encoding="utf-8")
    assert table.count("DCCN001") == 2  # one line: name and login
    assert {record["verdict"] for record in results(tmp_path / "out").values()} == {"wrong", "correct"}


@pytest.mark.parametrize(
    ("files", "rule", "booked"),
    [
        (["B1.json", "again.json"], "report", "B1.json"),
        (["B1/hw.json", "again.json"], "report", "B1/hw.json"),
        (["B1_hw.json", "again.json"], "report", "B1_hw.json"),
        (["B1.json", "B1_2.json"], "report", "B1.json"),
        (["B1.json", "B2/B1.json"], "report", "B1.json"),  # B2 is another student
        (["B1.json", "late/B1.json"], "report", None),
        (["hw.json", "again.json"], "report", None),
        (["again.json", "B1.json", "hw.json"], "newest", "hw.json"),
        (["B1.json", "again.json"], "newest", "again.json"),
        (["B1.json", "again.json"], "best", "again.json"),
    ],
)
def test_which_of_several_sheets_is_booked(
    tmp_path: Path, files: list[str], rule: str, booked: str | None
) -> None:
    for number, file in enumerate(files):  # each better and newer than the one before
        answers = right(L=99, O=[[9, 9], [9, 9]]) if number == 0 else right()
        os.utime(hand_in(tmp_path / "sheets", file, answers, "B1"), (number, number))
    options = ("--on-duplicate", rule, *roster(tmp_path, "B1", "B2"), "-f", "nbgrader")
    found = graded(tmp_path, *options)
    assert found["duplicates"] == [{"student": "B1", "files": sorted(files), "booked": booked}]
    assert ("B1" in (tmp_path / "out/nbgrader.csv").read_text(encoding="utf-8")) == (booked is not None)
    assert any("more than one sheet: B1" in note for note in found["notes"]) == (booked is None)
    done = run(
        "grade",
        str(tmp_path / "sheets"),
        problem(tmp_path),
        "-o",
        str(tmp_path / "x"),
        *options,
        COLUMNS="200",
    )
    why = "several are" if "late/B1.json" in files else "none is"
    assert (f"booked: {booked}" if booked else f"none is booked: {why} named after the student") in done.out


def test_newest_of_the_same_time(tmp_path: Path) -> None:
    for file in ("a.json", "b.json"):
        os.utime(hand_in(tmp_path / "sheets", file, right(), "B1"), (1, 1))
    assert graded(tmp_path, "--on-duplicate", "newest")["duplicates"][0]["booked"] is None


def test_the_best_of_equal_ones_is_not_another_student_s(tmp_path: Path) -> None:
    for file in ("B001.json", "B002.json"):
        hand_in(tmp_path / "sheets", file, right(), "B002")
    found = graded(tmp_path, "--on-duplicate", "best", *roster(tmp_path, "B001", "B002"))
    assert found["duplicates"][0]["booked"] == "B002.json"


def test_who_is_not_in_the_roster(tmp_path: Path) -> None:
    for student in ("B1", "B2", "stranger"):
        hand_in(tmp_path / "sheets", f"{student}.json", right(), student)
    (tmp_path / "class.csv").write_text("student,email\nB1,1@x.y\nb2,2@x.y\nB3,3@x.y", encoding="utf-8")
    options = ("--roster", str(tmp_path / "class.csv"), "-f", "moodle")
    found = graded(tmp_path, *options)
    assert found["outsiders"] == [{"student": "stranger", "file": "stranger.json"}]
    assert found["missing"] == ["B3"]
    assert any("stranger" in note for note in found["notes"])
    table = (tmp_path / "out/moodle.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in table] == ["Email address", "1@x.y", "2@x.y"]
    done = run("grade", str(tmp_path / "sheets"), problem(tmp_path), "-o", str(tmp_path / "x"), *options)
    assert "Not in the roster:\n  stranger: stranger.json" in done.out


def test_a_name_that_nobody_sees(tmp_path: Path) -> None:
    hand_in(tmp_path / "sheets", "B1.json", right(), "\u200b")
    graded(tmp_path)
    assert results(tmp_path / "out")["B1.json"]["student"] == "B1"
