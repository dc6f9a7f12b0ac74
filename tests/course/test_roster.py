"""The roster: exports of other systems as they are, and dates that people have written."""

from __future__ import annotations

import csv
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from attncli.course.late import read_time
from attncli.course.roster import Roster, read_roster
from attncli.errors import AttnError
from attncli.graders.records import Person
from tests.support.courses import course, hand_in, results, right
from tests.support.courses import problem as config
from tests.support.running import attncli as run

HANOI = timezone(timedelta(hours=7))

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (881)
,,,,,Manual Posting
    Points Possible,,,,,10.0
"Nguyễn, An",4711,B20DCCN001,an.nguyen,D20-1,
"Trần, Bình",4712,B20DCCN002,binh.tran,D20-2,7.5
"""
MOODLE = """\
First name,Last name,ID number,Institution,Department,Email address,Course total (Real)
An,Nguyễn,B20DCCN001,PTIT,CNTT,an@ptit.vn,-
Bình,Trần,B20DCCN002,PTIT,CNTT,binh@ptit.vn,-
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections
An,Nguyễn,B20DCCN001,an@ptit.vn,D20-1
Bình,Trần,B20DCCN002,binh@ptit.vn,D20-2
"""


def read(folder: Path, text: str, *students: str, encoding: str = "utf-8") -> Roster:
    path = folder / "class.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(str(path), students)


def test_canvas_s_own_export(tmp_path: Path) -> None:
    an = Person("Nguyễn, An", id_number="B20DCCN001", section="D20-1", login="an.nguyen")
    people = read(tmp_path, CANVAS).people
    assert list(people) == ["an.nguyen", "binh.tran"]
    assert people["an.nguyen"] == an
    people = read(tmp_path, CANVAS, "b20dccn002", "x").people
    assert list(people) == ["B20DCCN001", "B20DCCN002"]
    assert people["B20DCCN001"] == an
    without_login = CANVAS.replace("an.nguyen", "").replace("binh.tran", "")
    assert list(read(tmp_path, without_login).people) == ["B20DCCN001", "B20DCCN002"]
    assert list(read(tmp_path, CANVAS, "4711").people) == ["4711", "4712"]


@pytest.mark.parametrize("lines", ["", ",An,an@x.y\n ,Bình,\n"])
def test_a_roster_that_names_nobody(tmp_path: Path, lines: str) -> None:
    with pytest.raises(AttnError, match="names no student: its column 'ID number' is blank"):
        read(tmp_path, f"ID number,First name,Email address\n{lines}")


def test_points_possible_is_no_student(tmp_path: Path) -> None:
    text = "Student,ID,Section,Homework 1\n    Points Possible,,,10\nAn,4711,D20-1,\n"
    assert list(read(tmp_path, text).people) == ["An"]


def test_moodle_s_and_gradescope_s_own_exports(tmp_path: Path) -> None:
    people = read(tmp_path, MOODLE).people
    assert list(people) == ["B20DCCN001", "B20DCCN002"]
    assert people["B20DCCN001"] == Person("", "Nguyễn", "An", "an@ptit.vn", "B20DCCN001")
    people = read(tmp_path, GRADESCOPE).people
    assert list(people) == ["B20DCCN001", "B20DCCN002"]
    assert people["B20DCCN002"] == Person("", "Trần", "Bình", "binh@ptit.vn", section="D20-2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-sig"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "column", ["Mã SV", "MSSV", "mssv", "Mã sinh viên", "MÃ SINH VIÊN", "  Mã  số sinh_viên ", "SID"]
)
def test_a_class_list_as_vietnamese_schools_have_it(
    tmp_path: Path, column: str, form: str, between: str, encoding: str
) -> None:
    lines = [("STT", column, "Họ và tên", "Lớp"), ("1", "B20DCCN001", "Nguyễn Văn An", "D20-1")]
    text = unicodedata.normalize(form, "\r\n".join(between.join(line) for line in lines))
    if encoding == "utf-16-be-sig":
        text, encoding = "\ufeff" + text, "utf-16-be"
    people = read(tmp_path, text, encoding=encoding).people
    name = unicodedata.normalize(form, "Nguyễn Văn An")
    assert people == {"B20DCCN001": Person(name, section="D20-1")}


def test_the_column_that_names_the_sheets_is_the_students(tmp_path: Path) -> None:
    text = "ID,Username,MSSV\n1,an.n,B1\n2,binh.t,B2\n3,chi.l,B3\n"
    assert list(read(tmp_path, text).people) == ["1", "2", "3"]
    assert list(read(tmp_path, text, "b1", "B3", "binh.t").people) == ["B1", "B2", "B3"]
    assert list(read(tmp_path, text, "chi.l").people) == ["an.n", "binh.t", "chi.l"]


def test_utf16_that_is_broken_is_told(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_bytes(b"\xff\xfes")
    with pytest.raises(AttnError, match="not UTF-8"):
        read_roster(str(tmp_path / "class.csv"))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("05/03/2026 10:00", (2026, 3, 5, 10)),
        ("5/3/2026 9:05:07", (2026, 3, 5, 9, 5, 7)),
        ("05.03.2026, 10:00", (2026, 3, 5, 10)),
        ("5-3-2026 10:00", (2026, 3, 5, 10)),
        ("10:00 05/03/2026", (2026, 3, 5, 10)),
        ("05/03/2026 10:00 PM", (2026, 3, 5, 22)),
        ("05/03/2026 12:30 am", (2026, 3, 5, 0, 30)),
        ("05/03/2026 12:30 CH", (2026, 3, 5, 12, 30)),
        ("05/03/2026 1:30 SA", (2026, 3, 5, 1, 30)),
        ("2026/3/5 9:00", (2026, 3, 5, 9)),
        ("2026-03-05 10:00:00 +0700", (2026, 3, 5, 10)),
        ("05/03/2026 03:00Z", (2026, 3, 5, 10)),
        ("2026-03-05T10:00:00.250+07:00", (2026, 3, 5, 10, 0, 0, 250000)),
    ],
)
def test_a_date_and_a_time(text: str, time: tuple[int, ...]) -> None:
    assert read_time(text, HANOI, "dmy") == datetime(*time, tzinfo=HANOI)


@pytest.mark.parametrize(
    "text",
    [
        *("05/03/2026", "10:00", "31/02/2026 10:00", "05/03/2026 25:00", "05/03/26 10:00", "yesterday", ""),
        *("05/03.2026 10:00", "105/03/2026 10:00", "05/03/2026 10:00 at last", "05/03/20261 10:00"),
        *("03/25/2026 10:00", "1" * 9999),
    ],
)
def test_what_is_no_date_and_time(text: str) -> None:
    assert read_time(text, HANOI, "dmy") is None


def times(folder: Path, *cells: str, order: str | None = None, other: str = "") -> list[str]:
    lines = "".join(f"s{i},{cell},{other}\n" for i, cell in enumerate(cells))
    found = read(folder, f"student,in,born\n{lines}").times("in", UTC, order)
    return [time.strftime("%m-%d") for time in found.values()]


def test_day_and_month_are_asked_about_once(tmp_path: Path) -> None:
    with pytest.raises(AttnError) as asked:
        times(tmp_path, "2026-03-01 10:00", "05/03/2026 10:00", "06/03/2026 10:00")
    (error,) = asked.value.errors
    assert str(error.where).endswith("class.csv:3:1")
    assert "in is '05/03/2026 10:00'" in error.message
    assert error.hint == "--dates dmy: 2026-03-05 · --dates mdy: 2026-05-03"
    assert times(tmp_path, "05/03/2026 10:00", order="dmy") == ["03-05"]
    assert times(tmp_path, "05/03/2026 10:00", order="mdy") == ["05-03"]


def test_a_date_that_can_be_read_in_one_way_tells_of_all(tmp_path: Path) -> None:
    assert times(tmp_path, "05/03/2026 10:00", "25/03/2026 10:00") == ["03-05", "03-25"]
    assert times(tmp_path, "05/03/2026 10:00", "03/25/2026 10:00") == ["05-03", "03-25"]
    assert times(tmp_path, "05/03/2026 10:00", other="25/12/2004") == ["03-05"]
    assert times(tmp_path, "05/03/2026 10:00", "03/25/2026 10:00", other="25/12/2004") == ["05-03", "03-25"]
    assert times(tmp_path, "05/05/2026 10:00", "2026/05/06 10:00") == ["05-05", "05-06"]
    assert times(tmp_path, "25/03/2026 10:00", "03/26/2026 10:00") == ["03-25", "03-26"]
    for cells in (
        ("05/03/2026 10:00", "25.03.2026 10:00"),  # written by somebody else
        ("05/03/2026 10:00", "25/03/2026 10:00", "03/25/2026 10:00"),
        ("05/03/2026 10:00", "2026/03/25 10:00"),
        ("05/03/2026 10:00", "05/05/2026 10:00"),
    ):
        with pytest.raises(AttnError, match="does the day or the month come first"):
            times(tmp_path, *cells)


def test_what_the_option_says_holds_for_all(tmp_path: Path) -> None:
    with pytest.raises(AttnError, match="'25/03/2026 10:00', not a date and a time"):
        times(tmp_path, "05/03/2026 10:00", "25/03/2026 10:00", order="mdy")


def test_the_command_asks_and_is_told(tmp_path: Path) -> None:
    sheets, problem = course(tmp_path)
    rubric, roster, out = tmp_path / "rubric.yaml", tmp_path / "class.csv", tmp_path / "out"
    rubric.write_text(
        "late: {due: 2026-03-04T12:00:00+07:00, penalty: 0.1, by: {column: Nộp lúc}}", encoding="utf-8"
    )
    roster.write_text("mssv;NỘP LÚC\nAn;05/03/2026 10:00\nBình;03/02/2026 10:00\n", encoding="utf-8")
    asked = ("grade", sheets, problem, "--rubric", str(rubric), "--roster", str(roster), "-o", str(out), "-q")
    done = run(*asked)
    assert done.code == 2
    assert "'05/03/2026 10:00'" in done.err
    assert "--dates dmy" in done.err
    assert not (out / "results.jsonl").exists()
    assert "--dates is 'ymd'; expected dmy or mdy" in run(*asked, "--dates", "ymd").err
    assert run(*asked, "--dates", "dmy").code == 3
    assert [file for file, record in results(out).items() if "late" in record] == ["an.json"]
    assert results(out)["an.json"]["late"]["submitted"] == "2026-03-05T10:00:00+07:00"
    run(*asked, "--dates", "mdy")
    assert results(out)["an.json"]["late"]["submitted"] == "2026-05-03T10:00:00+07:00"


def test_a_canvas_export_goes_in_and_grades_for_canvas_come_out(tmp_path: Path) -> None:
    problem = config(tmp_path, "hw1.json")
    for student in ("B20DCCN001", "B20DCCN009"):
        hand_in(tmp_path / "sheets", f"{student}.json", right())
    (tmp_path / "class.csv").write_text(CANVAS, encoding="utf-8")
    out = tmp_path / "out"
    done = run(
        *("grade", str(tmp_path / "sheets"), problem, "--roster", str(tmp_path / "class.csv")),
        *("--rows", "S,A", "--format", "canvas", "-o", str(out)),
    )
    assert done.code == 0, done.err
    assert "In the roster, and no sheet:\n  B20DCCN002" in done.out
    with (out / "canvas.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1"],
            ["    Points Possible", "", "", "", "", "2.0"],
            ["Nguyễn, An", "", "B20DCCN001", "an.nguyen", "D20-1", "2.0"],
            ["B20DCCN009", "", "", "B20DCCN009", "", "2.0"],
        ]
