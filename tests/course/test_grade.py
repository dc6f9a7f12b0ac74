"""``attncli grade``: a folder of sheets becomes results, a gradebook and a summary."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.homework.marking import check
from tests.support.courses import course, gradebook, hand_in, outcome, problem, results, right
from tests.support.running import attncli as run


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    sheets, config = course(tmp_path)
    done = run("grade", sheets, config, "--out", str(tmp_path / "out"))
    assert done.code == 3, done.err
    return tmp_path / "out"


def test_each_sheet_has_a_line_which_is_what_check_says_of_it(graded: Path) -> None:
    found = results(graded)
    sheets = graded.parent / "sheets"
    files = ["an.json", "binh.json", "deep/er/chi.yaml", "dung.json", "group/broken.yml", "group/em.json"]
    assert list(found) == files
    for file in files:
        record = dict(found[file])
        assert (record.pop("file"), record.pop("sheet")[:7]) == (file, "sha256:")
        if file != "group/broken.yml":
            assert record == check(sheets / file, attncli.load(graded.parent / "config.json")).to_dict() | {
                "config": record["config"]
            }
    assert found["binh.json"]["rows"][4]["mistakes"][0]["id"] == "scale-missing"
    assert found["deep/er/chi.yaml"]["student"] == "chi"
    assert len({record["key"] for record in found.values()}) == 1


def test_an_unreadable_sheet_is_a_line_with_the_reason(graded: Path) -> None:
    record = results(graded)["group/broken.yml"]
    assert (record["student"], record["verdict"], record["score"]) == ("broken", "unreadable", 0)
    assert (record["max_score"], record["rows"]) == (None, [])
    assert record["reason"].startswith("group/broken.yml:2:13: this is not YAML")


def test_the_gradebook(graded: Path) -> None:
    lines = gradebook(graded)
    assert list(lines) == list(results(graded))
    assert lines["an.json"] == {
        "student": "An", "file": "an.json", "verdict": "correct", "score": "8", "max_score": "8",
        "percent": "100", "late": "", "note": "", **dict.fromkeys("QKVSZAOL", "1"),
    }  # fmt: skip
    assert lines["binh.json"]["Z"] != "1"
    assert lines["deep/er/chi.yaml"]["percent"] == "50"
    assert (lines["deep/er/chi.yaml"]["L"], lines["deep/er/chi.yaml"]["Z"]) == ("0", "")
    assert lines["group/broken.yml"]["note"].startswith("group/broken.yml:2:13")


def test_the_screen(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    done = run("grade", sheets, config, "--out", str(tmp_path / "out"), COLUMNS="80")
    assert max(map(len, done.out.splitlines())) <= 80
    text = " ".join(done.out.split())
    assert done.out.startswith("config: 6 sheets\n")
    assert "The hardest quantity:" in text
    assert "scale-missing 1 Z = S" in text
    assert "Dũng, Em: 4 cells in O" in text
    assert "group/broken.yml:2:13: this is not YAML" in text
    assert "no quantities are set as due" in done.err
    plain = run("grade", sheets, config, "--out", str(tmp_path / "out"), "--ascii")
    assert plain.out.isascii()
    assert "#####" in plain.out
    quiet = run("grade", sheets, config, "--out", str(tmp_path / "out"), "--quiet")
    assert (quiet.out, quiet.err, quiet.code) == ("", "", 3)


def test_the_summary_as_json(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    done = run("grade", sheets, config, "--out", str(tmp_path / "out"), "--json", "-q")
    found = json.loads(done.out)
    assert (found["schema"], found["sheets"], found["unreadable"]["count"]) == (1, 6, 1)
    assert sum(found["scores"]["distribution"]) == 5
    assert found["scores"]["distribution"][5] == 1
    assert found["mistakes"][0] == {"id": "scale-missing", "sheets": 1, "formula": "Z = S"}
    assert [same["students"] for same in found["same_wrong"]] == [["Dũng", "Em"]]
    assert [row["symbol"] for row in found["rows"]] == list("QKVSZAOL")
    assert {row["symbol"]: row["correct"] for row in found["rows"]}["Q"] == 5
    median = sorted(
        record["score"] / record["max_score"]
        for record in results(tmp_path / "out").values()
        if record["rows"]
    )[2]
    assert found["scores"]["median"] == pytest.approx(100 * median, abs=0.01)


def test_exit_codes(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    (tmp_path / "sheets/group/broken.yml").unlink()
    assert run("grade", sheets, config, "-q", "-o", str(tmp_path / "out")).code == 0
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert run("grade", sheets, config, "-q", "-o", str(tmp_path / "other")).code == 2
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--format", "gradescop"], "did you mean 'gradescope'?"),
        (["--jobs", "-1"], "--jobs is -1"),
        (["--out", "sheets"], "--out is the folder of the sheets"),
        (["--out", ""], "--out is empty"),
        (["--out", "config.json"], "'config.json' is a file"),
        (["--configs", "configs"], "CONFIG and --configs are both given"),
        (["--rubric", "nowhere.yaml"], "there is no file 'nowhere.yaml'"),
        (["--roster", "nowhere.csv"], "there is no file 'nowhere.csv'"),
        (["--rows", "S,AA"], "'AA'"),
        (["--hint", "all"], "--hint is 'all'"),
        (["--follow-through", "most"], "--follow-through is 'most'"),
        (["--csv-separator", ":"], "--csv-separator is ':'; expected ',', ';' or 'tab'"),
        (["--against", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--decimals", "4", "--rtol", "1"], "do not go together"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    course(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = run("grade", "sheets", "config.json", *options)
    assert done.code == 2
    assert says in done.err
    assert done.out == ""
    assert not (tmp_path / "graded/results.jsonl").exists()


def test_there_must_be_sheets(tmp_path: Path) -> None:
    for name, says in (
        ("empty", "there is no sheet in"),
        ("none", "there is no folder"),
        ("file", "is a file"),
    ):
        if name == "empty":
            (tmp_path / name).mkdir()
        elif name == "file":
            (tmp_path / name).touch()
        done = run("grade", str(tmp_path / name), "article", "--out", str(tmp_path / "out"))
        assert done.code == 2
        assert says in done.err


def test_due_rows_and_what_they_earn(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("rows: {S: 2, O: 3, dWq: 5}\nmistakes: {scale-missing: 0.5}", encoding="utf-8")
    out = tmp_path / "out"
    done = run("grade", sheets, config, "--rubric", str(rubric), "-o", str(out))
    assert "no quantities are set as due" not in done.err
    found = results(out)
    assert {record["max_score"] for record in found.values()} == {10}
    assert found["an.json"]["score"] == 5
    assert gradebook(out)["group/broken.yml"]["percent"] == "0"
    run("grade", sheets, config, "--rubric", str(rubric), "--rows", "S,Z", "-o", str(out), "-q")
    found = results(out)
    assert found["binh.json"]["max_score"] == 3
    assert found["binh.json"]["score"] == 2.5


def test_two_sheets_of_one_student_are_told_and_never_merged(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    hand_in(tmp_path / "sheets", "zz.json", {"L": 1}, "an ")
    out = tmp_path / "out"
    done = run("grade", sheets, config, "-o", str(out))
    assert "An: an.json, zz.json; booked: an.json" in done.out
    assert results(out)["an.json"]["score"] == 8
    lines = gradebook(out)
    assert lines["an.json"]["note"] == "there are two sheets of this student; this one is booked"
    assert lines["zz.json"]["note"] == "there are two sheets of this student"
    assert lines["binh.json"]["note"] == ""


def test_a_problem_for_each_student(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets"
    other = {"embeddings": [[2, 2], [3, 1]]}
    problem(tmp_path / "configs", "An.json")
    problem(tmp_path / "configs", "b.yaml", **other)
    (tmp_path / "configs/bad.yaml").write_text("Wq: 1", encoding="utf-8")
    problem(tmp_path, "secret.json")
    hand_in(sheets, "1.json", right(), "An")
    hand_in(sheets, "b.json", right(config=other))
    hand_in(sheets, "bad.json", right())
    hand_in(sheets, "c.json", right(), "nobody")
    hand_in(sheets, "d.json", right(), "../secret")
    hand_in(sheets, "sub/b.json", right(config=other), "Bình")  # found by the name of the file
    out = tmp_path / "out"
    done = run("grade", str(sheets), "--configs", str(tmp_path / "configs"), "-o", str(out), "--rows", "S,A")
    assert done.code == 3
    found = results(out)
    assert [record["verdict"] for record in found.values()] == [
        *["correct"] * 2,
        *["unreadable"] * 3,
        "correct",
    ]
    assert found["1.json"]["key"] != found["b.json"]["key"]
    assert "there is no config for 'nobody'" in found["c.json"]["reason"]
    assert "there is no config for '../secret'" in found["d.json"]["reason"]
    assert "Wq" in found["bad.json"]["reason"]
    assert {record["max_score"] for record in found.values()} == {2}


@pytest.mark.parametrize("rows", [(), ("--rows", "Q,O,L")])
@pytest.mark.parametrize("loss", [(), ("--loss", "mse")])
def test_a_problem_without_a_target(tmp_path: Path, rows: tuple[str, ...], loss: tuple[str, ...]) -> None:
    problem(tmp_path / "configs", "a.json", target=None)  # the first, too
    problem(tmp_path / "configs", "b.json")
    answers = {"Q": right()["Q"], "O": right()["O"], "L": 3.21, "dWq": [[1]]}
    for name in "ab":
        hand_in(tmp_path / "sheets", f"{name}.json", answers)
    (tmp_path / "sheets/c.json").write_text("{}", encoding="utf-8")
    sheets, configs, out = str(tmp_path / "sheets"), str(tmp_path / "configs"), tmp_path / "out"
    done = run("grade", sheets, "--configs", configs, "-o", str(out), *rows, *loss, "--json")
    found = results(out)
    assert [row["symbol"] for row in found["a.json"]["rows"]] == ["Q", "O"]
    assert (found["a.json"]["score"], found["a.json"]["max_score"]) == (2, 2)
    assert found["b.json"]["max_score"] == (3 if rows else 4)
    assert "not counted, as the config has no target: L, dWq of a" in " ".join(done.err.split())
    assert any("L, dWq of a" in note for note in json.loads(done.out)["notes"])


def test_one_problem_without_a_target(tmp_path: Path) -> None:
    config = problem(tmp_path, target=None)
    hand_in(tmp_path / "sheets", "a.json", right())
    out = tmp_path / "out"
    done = run("grade", str(tmp_path / "sheets"), config, "-o", str(out))
    assert results(out)["a.json"]["verdict"] == "correct"
    assert "note: not counted, as the problem has no target: L\n" in done.err


def test_every_format_when_a_student_has_no_usable_problem(tmp_path: Path) -> None:
    from attncli.graders import FORMATS

    problem(tmp_path / "configs", "a.json")
    problem(tmp_path / "configs", "b.json", Wq=1)
    for name in "abc":
        hand_in(tmp_path / "sheets", f"{name}.json", right())
    formats = [word for name in FORMATS for word in ("--format", name)]
    done = run(
        "grade", str(tmp_path / "sheets"), "--configs", str(tmp_path / "configs"),
        "-o", str(tmp_path / "out"), *formats,
    )  # fmt: skip
    assert done.code == 3, done.err
    for page in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert page.name == "results.jsonl" or "None" not in page.read_text(encoding="utf-8"), page


def test_a_row_that_only_some_pages_have(tmp_path: Path) -> None:
    problem(tmp_path / "configs", "a.json", mask=True)
    problem(tmp_path / "configs", "b.json")
    for name in "ab":
        hand_in(tmp_path / "sheets", f"{name}.json", {"Q": right()["Q"]})
    out = tmp_path / "out"
    run(
        "grade",
        str(tmp_path / "sheets"),
        "--configs",
        str(tmp_path / "configs"),
        "-o",
        str(out),
        "--rows",
        "M,Q",
    )
    assert "the quantity M, which is due, is not on the page" in results(out)["b.json"]["reason"]


def test_against_older_results(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    run("grade", sheets, config, "-o", str(out), "-q")
    before = results(out)
    hand_in(tmp_path / "sheets", "new.json", right(), "New")
    (tmp_path / "sheets/an.json").unlink()
    against = ("--against", str(out / "results.jsonl"))
    change = ("--set", "Wv[1,1]=2")
    done = run("grade", sheets, config, *change, *against, "-o", str(tmp_path / "again"))
    assert results(out) == before
    lines = gradebook(tmp_path / "again", "changes.csv")
    assert list(lines) == ["an.json", "binh.json", "dung.json", "group/em.json", "new.json"]
    after = results(tmp_path / "again")
    line = lines["binh.json"]
    assert float(line["before"]) == before["binh.json"]["score"]
    assert float(line["after"]) == after["binh.json"]["score"]
    assert float(line["change"]) == pytest.approx(after["binh.json"]["score"] - before["binh.json"]["score"])
    assert "V 1 → 0.5" in line["rows"]
    assert (lines["an.json"]["after"], lines["new.json"]["before"]) == ("", "")
    assert "5 sheets have changed:" in done.out
    assert before["binh.json"]["key"] != after["binh.json"]["key"]
    in_place = run("grade", sheets, config, *change, *against, "-o", str(out), "--json", "-q")
    assert json.loads(in_place.out)["changes"]["changed"] == 5
    assert (out / "changes.csv").read_bytes() == (tmp_path / "again/changes.csv").read_bytes()
    assert results(out) == after
    assert "No score has changed." in run("grade", sheets, config, *change, *against, "-o", str(out)).out


def test_older_results_must_be_results(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out, old = tmp_path / "out", tmp_path / "old.jsonl"
    run("grade", sheets, config, "-o", str(out), "-q")
    kept = outcome(out)
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    for text, says in (
        ("[]\n", "is not the record of a sheet"),
        ("\n".join(lines[::-1]), "order of their files"),
    ):
        old.write_text(text, encoding="utf-8")
        done = run("grade", sheets, config, "--set", "Wv[1,1]=2", "--against", str(old), "-o", str(out))
        assert done.code == 2
        assert says in done.err
        assert {name: data for name, data in outcome(out).items() if name in kept} == kept


def test_late_by_the_time_of_the_file(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("late: {due: 2026-03-01T23:59:00+07:00, penalty: 0.1, most: 0.25}", encoding="utf-8")
    due = 1772384340
    times = {
        "an.json": 0.9,
        "binh.json": 1,
        "dung.json": 86400,
        "group/em.json": 86401,
        "deep/er/chi.yaml": 1e6,
    }
    for file, late in times.items():
        os.utime(tmp_path / "sheets" / file, (due + late, due + late))
    out = tmp_path / "out"
    done = run("grade", sheets, config, "--rubric", str(rubric), "-o", str(out))
    assert "6 sheets, 4 of them late" in done.out
    found = results(out)
    assert "late" not in found["an.json"]
    late = {file: found[file]["late"] for file in list(times)[1:]}
    assert [late[file]["penalty"] for file in list(times)[1:]] == [0.1, 0.1, 0.2, 0.25]
    assert late["binh.json"] == {
        "submitted": "2026-03-01T23:59:01+07:00", "due": "2026-03-01T23:59:00+07:00", "per": "day",
        "periods": 1, "penalty": 0.1, "raw_score": sum(row["points"] for row in found["binh.json"]["rows"]),
    }  # fmt: skip
    assert found["binh.json"]["score"] == round(0.9 * late["binh.json"]["raw_score"], 2)
    line = gradebook(out)["group/em.json"]
    assert line["late"] == "20"
    assert "2026-03-02T23:59:01+07:00" in line["note"]


def test_late_by_a_column_of_the_roster(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    rubric, roster, out = tmp_path / "rubric.yaml", tmp_path / "class.csv", tmp_path / "out"
    rubric.write_text(
        "late: {due: 2026-03-01T12:00:00+07:00, penalty: 0.05, per: hour, grace: 30 minutes,"
        " by: {column: Submitted}}",
        encoding="utf-8",
    )
    roster.write_text(
        "Student,Name,submitted\nAn,Nguyễn An,2026-03-01T12:30:00\nBình,B,2026-03-01 12:31\n"
        "Em,E,2026-03-01T07:31:00Z\nDũng,D,\nZoe,Z,2026-03-01T12:00:00\n",
        encoding="utf-8",
    )
    asked = ("grade", sheets, config, "--rubric", str(rubric), "-o", str(out))
    assert "name the roster that has it" in run(*asked).err
    done = run(*asked, "--roster", str(roster))
    found = results(out)
    assert [file for file in found if "late" in found[file]] == ["binh.json", "group/em.json"]
    assert found["binh.json"]["late"]["penalty"] == 0.05
    assert found["group/em.json"]["late"]["penalty"] == 0.15
    unknown = ["the roster does not say when this sheet came in"]
    assert found["dung.json"]["notes"] == found["deep/er/chi.yaml"]["notes"] == unknown
    assert "In the roster, and no sheet:\n  Zoe" in done.out
    for text, says in (
        ("student,submitted\nAn,yesterday\n", "class.csv:2:1: error: Submitted is 'yesterday'"),
        ("student,sent\nAn,1\n", "has no column 'Submitted'"),
        ("who,submitted\nAn,1\n", "no column of"),
        ("id,submitted\nAn,\nAn,\n", "class.csv:3:1: error: the student 'An' is listed twice"),
    ):
        roster.write_text(text, encoding="utf-8")
        refused = run(*asked, "--roster", str(roster))
        assert refused.code == 2
        assert says in refused.err


@pytest.mark.parametrize(("name", "separator"), [(",", ","), (";", ";"), ("tab", "\t")])
def test_what_excel_opens_and_what_programs_read(tmp_path: Path, name: str, separator: str) -> None:
    from attncli.graders import FORMATS

    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    formats = [word for one in FORMATS for word in ("--format", one)]
    asked = ("grade", sheets, config, "--csv-separator", name, *formats, "-q")
    run(*asked, "-o", str(out))
    run(*asked, "--set", "Wv[1,1]=2", "--against", str(out / "results.jsonl"), "-o", str(out))
    files = outcome(out)
    tables = {file: data for file, data in files.items() if file.endswith(".csv")}
    assert {file for file, data in files.items() if data.startswith(codecs.BOM_UTF8)} == {
        "gradebook.csv",
        "changes.csv",
    }
    for file, data in tables.items():
        between = separator if data.startswith(codecs.BOM_UTF8) else ","
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=between))
        assert len(lines) > 1
        assert {len(line) for line in lines} == {len(lines[0])}, file
        assert len(lines[0]) > 2
    (first, *_rest) = tables["gradebook.csv"].decode("utf-8-sig").splitlines()
    assert first.split(separator)[:3] == ["student", "file", "verdict"]


def test_nbgrader_knows_when_every_sheet_came_in(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out, rubric, roster = tmp_path / "out", tmp_path / "rubric.yaml", tmp_path / "class.csv"
    for file in filter(Path.is_file, (tmp_path / "sheets").rglob("*")):
        os.utime(file, (1772384340.7, 1772384340.7))
    asked = ("grade", sheets, config, "--format", "nbgrader", "-o", str(out), "-q")
    times = nbgrader_times(asked, out)
    assert times == dict.fromkeys(["An", "Bình", "chi", "Dũng", "Em", "broken"], "2026-03-01T16:59:00+00:00")
    late = "late: {due: 2026-03-01T12:00:00+07:00, penalty: 0.1, by: {column: submitted}}"
    rubric.write_text(late, encoding="utf-8")
    roster.write_text(
        "student,submitted\nAn,2026-03-01T08:00:00\nBình,2026-03-02T08:00:00\nEm,\n", encoding="utf-8"
    )
    times = nbgrader_times((*asked, "--rubric", str(rubric), "--roster", str(roster)), out)
    file = "2026-03-01T23:59:00+07:00"
    assert times == {
        **dict.fromkeys(["chi", "Dũng", "Em", "broken"], file),
        "An": "2026-03-01T08:00:00+07:00",
        "Bình": "2026-03-02T08:00:00+07:00",
    }


def nbgrader_times(asked: tuple[str, ...], out: Path) -> dict[str, str]:
    assert run(*asked).code == 3
    with (out / "nbgrader.csv").open(encoding="utf-8", newline="") as stream:
        return {line["student_id"]: line["timestamp"] for line in csv.DictReader(stream)}


def test_the_help_names_every_format() -> None:
    from attncli.graders import FORMATS

    said = run("grade", "--help").out
    for name in FORMATS:
        assert re.search(rf"\b{name}\b", said), name


def test_every_format_is_written(tmp_path: Path) -> None:
    from attncli.graders import FORMATS

    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    options = [word for name in FORMATS for word in ("--format", name)]
    done = run("grade", sheets, config, *options, "--assignment", "hw1", "-o", str(out))
    assert done.code == 3, done.err
    for name in FORMATS:
        assert [path for path in outcome(out) if path.startswith(name)], name
    assert "hw1" in (out / "nbgrader.csv").read_text(encoding="utf-8")


def test_arrays_are_sheets_too(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    np.savez(Path(sheets) / "Z1.npz", L=np.float32(3))
    run("grade", sheets, config, "-o", str(tmp_path / "out"))
    assert "Z1.npz" in (tmp_path / "out/results.jsonl").read_text(encoding="utf-8")
