"""Killed at any moment and started again, on one core or several: the outcome is the same to the byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import attncli
from attncli.course import course as course_module
from attncli.course import grader as grader_module
from attncli.course.course import Graded, Plan, grade
from attncli.course.grader import Grader, KeyEach, OneKey
from attncli.course.late import Late, read_time
from attncli.course.processes import CHUNK, result_lines
from attncli.course.resume import PARTIAL, header
from attncli.course.sheets import configs_by_student, find_sheets
from attncli.graders.records import Course
from attncli.homework.policy import Policy
from tests.support.courses import course, hand_in, outcome, problem, results, right
from tests.support.running import attncli as run
from tests.support.running import pinned

ROOT = Path(__file__).parents[2]


def plan(folder: Path, out: Path, **about: object) -> Plan:
    sheets, config = folder / "sheets", folder / "config.json"
    grader = Grader(sheets, OneKey(attncli.load(config)), Policy(), **about)
    return Plan(grader, find_sheets(sheets, [])[0], out, Course("hw"), ("otter", "gradescope"))


def go(asked: Plan) -> tuple[Graded, list[str]]:
    notes: list[str] = []
    return grade(asked, lambda _done: None, notes.append), notes


def marked_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note whose sheets are marked from now on."""
    students: list[str] = []
    mark = grader_module.mark

    def noting(sheet, *rest):
        students.append(sheet.student)
        return mark(sheet, *rest)

    monkeypatch.setattr(grader_module, "mark", noting)
    return students


def test_cut_off_at_any_byte(tmp_path: Path) -> None:
    for name in ("a", "ü", "c"):
        hand_in(tmp_path / "sheets", f"{name}.json", {"V": right()["V"], "L": 9}, name)
    problem(tmp_path)
    asked = replace(plan(tmp_path, tmp_path / "out"), formats=())
    go(asked)
    whole = outcome(tmp_path / "out")
    left = header(asked.grader) + whole["results.jsonl"]
    ends = [i + 1 for i, byte in enumerate(left) if byte == ord("\n")]
    for i in sorted({*range(0, len(left), 101), *(end + by for end in ends for by in (-1, 0, 1))}):
        (tmp_path / "out" / PARTIAL).write_bytes(left[:i])
        (tmp_path / "out/results.jsonl").unlink(missing_ok=True)
        go(asked)
        assert outcome(tmp_path / "out") == whole, i


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course(tmp_path)
    asked = plan(tmp_path, tmp_path / "out")
    go(asked)
    whole = outcome(tmp_path / "out")
    lines = whole["results.jsonl"].splitlines(keepends=True)
    students = marked_anew(monkeypatch)
    (tmp_path / "out" / PARTIAL).write_bytes(header(asked.grader) + b"".join(lines[:3]) + lines[3][:50])
    _, notes = go(asked)
    assert students == ["Dũng", "Em"]
    assert notes == ["going on where an interrupted run stopped: 3 sheets are done"]
    assert outcome(tmp_path / "out") == whole


def test_what_does_not_hold_any_more_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course(tmp_path)
    late = Late(read_time("2026-03-01T00:00:00Z"), 0.5)
    asked = plan(tmp_path, tmp_path / "out", late=late)
    on_time, too_late = late.due.timestamp() - 1, late.due.timestamp() + 1
    for file in asked.files:
        os.utime(tmp_path / "sheets" / file, (on_time, on_time))
    go(asked)
    left = header(asked.grader) + (tmp_path / "out/results.jsonl").read_bytes()
    students = marked_anew(monkeypatch)

    def again(plan: Plan, partial: bytes = left) -> list[str]:
        (tmp_path / "out" / PARTIAL).write_bytes(partial)
        students.clear()
        go(plan)
        return list(students)

    assert again(asked) == []
    os.utime(tmp_path / "sheets/dung.json", (too_late, too_late))
    assert again(asked) == ["Dũng", "Em"]
    assert results(tmp_path / "out")["dung.json"]["score"] < 4
    os.utime(tmp_path / "sheets/dung.json", (on_time, on_time))
    assert again(asked) == []
    other = replace(asked, grader=replace(asked.grader, policy=Policy(follow_through=0.5)))
    everybody = ["An", "Bình", "chi", "Dũng", "Em"]
    assert again(other) == everybody
    assert again(asked, b"\0" * 500) == everybody
    assert again(asked, left.replace(b'"dung.json"', b'"dong.json"')) == ["Dũng", "Em"]
    hand_in(tmp_path / "sheets", "binh.json", right(), "Bình")
    assert again(asked) == ["Bình", "chi", "Dũng", "Em"]
    assert results(tmp_path / "out")["binh.json"]["verdict"] == "correct"


def test_another_language_is_another_course(tmp_path: Path) -> None:
    from attncli import language

    course(tmp_path)
    asked = plan(tmp_path, tmp_path / "out")
    english = header(asked.grader)
    language.use("vi")
    try:
        assert header(asked.grader) != english
    finally:
        language.use(None)


def test_a_failed_marking_leaves_the_old_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    run("grade", sheets, config, "-o", str(out), "-q")
    before = outcome(out)

    def interrupted(sheet, *_rest):
        if sheet.student == "chi":
            raise KeyboardInterrupt
        return mark(sheet, *_rest)

    mark = grader_module.mark
    with monkeypatch.context() as patch:
        patch.setattr(grader_module, "mark", interrupted)
        done = run("grade", sheets, config, "-o", str(out), "--set", "Wv[1,1]=5")
    assert done.code == 130
    assert "run the same command again to continue" in done.err
    assert "interrupted" in done.err
    assert {name: data for name, data in outcome(out).items() if name != PARTIAL} == before
    again = run("grade", sheets, config, "-o", str(out), "--set", "Wv[1,1]=5")
    assert "going on where an interrupted run stopped: 2 sheets are done" in again.err
    run("grade", sheets, config, "-o", str(tmp_path / "fresh"), "--set", "Wv[1,1]=5", "-q")
    assert outcome(out) == outcome(tmp_path / "fresh") != before


def test_two_runs_do_not_write_the_same_file(tmp_path: Path) -> None:
    from attncli.course.resume import open_partial

    sheets, config = course(tmp_path)
    (tmp_path / "out").mkdir()
    with open_partial(tmp_path / "out" / PARTIAL):
        done = run("grade", sheets, config, "-o", str(tmp_path / "out"))
    assert done.code == 2
    assert "another attncli grade is writing into" in done.err


def test_a_pipe_in_place_of_what_is_left(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / PARTIAL)
    done = run("grade", sheets, config, "-o", str(tmp_path / "out"))
    assert done.code == 2
    assert "is a pipe or a device" in done.err


def test_a_full_disk_leaves_the_old_results(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    run("grade", sheets, config, "-o", str(out), "-q")
    before = outcome(out)
    many(tmp_path, 30)
    code = "from attncli.__main__ import main; main()"
    asked = [sys.executable, "-c", code, "grade", sheets, config, "-o", str(out), "-q"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 24; exec "$@"', "-", *asked],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=pinned(),
    )
    assert done.returncode == 2
    assert ".results.jsonl.partial' cannot be written: File too large" in done.stderr
    assert {name: data for name, data in outcome(out).items() if name != PARTIAL} == before


def many(folder: Path, count: int) -> None:
    """Write sheets of which every fourth is wrong."""
    answers = right()
    for i in range(count):
        hand_in(
            folder / "sheets", f"{i % 7}/{i:03}.json", answers if i % 4 else {**answers, "Z": answers["S"]}
        )


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_any_number_of_processes_gives_the_same_lines(tmp_path: Path, start: str) -> None:
    many(tmp_path, 3 * CHUNK)
    problem(tmp_path)
    asked = plan(tmp_path, tmp_path / "out")
    alone = [*result_lines(asked.grader, asked.files, 1)]
    assert len(alone) == len(asked.files)
    assert [*result_lines(asked.grader, asked.files, 2, start)] == alone


def test_any_number_of_jobs_gives_the_same_bytes(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    many(tmp_path, 2 * CHUNK)
    outcomes = []
    for jobs in "0", "1", "3":
        out = tmp_path / f"out{jobs}"
        assert run("grade", sheets, config, "-o", str(out), "--jobs", jobs, "-q", "--lang", "vi").code == 3
        outcomes.append(outcome(out))
    assert outcomes[0] == outcomes[1] == outcomes[2]


class Deadly(Grader):
    """A grader that ends its process over one sheet, and fails over another."""

    def mark(self, file: str, handed: object) -> str:
        if file.endswith("005.json"):
            os._exit(9)
        if file.endswith("007.json"):
            raise RecursionError("too deep")
        return super().mark(file, handed)


def test_a_sheet_that_ends_its_process_stops_no_other(tmp_path: Path) -> None:
    many(tmp_path, 2 * CHUNK)
    problem(tmp_path)
    about = plan(tmp_path, tmp_path / "out")
    grader = Deadly(about.grader.folder, about.grader.keys, about.grader.policy)
    lines = [json.loads(line) for line in result_lines(grader, about.files, 2, "fork")]
    assert [line["file"] for line in lines] == list(about.files)
    bad = {line["file"][-8:]: line["reason"] for line in lines if "reason" in line}
    assert bad == {
        "005.json": "marking this sheet ended the process",
        "007.json": "internal error: RecursionError: too deep",
    }


def started(folder: Path, out: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, whose main file has no guard against being imported again."""
    script = folder / "main.py"
    script.write_text("from attncli.__main__ import main\nmain()\n", encoding="utf-8")
    asked = [str(folder / "sheets"), str(folder / "config.json"), "-o", str(folder / out), *options]
    return subprocess.Popen(
        [sys.executable, str(script), "grade", *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=pinned(PYTHONPATH=str(ROOT)),
        start_new_session=True,
    )


def grown(partial: Path) -> int:
    return partial.read_bytes().count(b"\n") - 1 if partial.exists() else 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_again_and_again(tmp_path: Path, jobs: str) -> None:
    many(tmp_path, 400)
    problem(tmp_path)
    partial = tmp_path / "out" / PARTIAL
    killed = 0
    for done in (1, 60, 200):
        process = started(tmp_path, "out", "--jobs", jobs, "--format", "otter")
        while process.poll() is None and grown(partial) < done:
            time.sleep(0.002)
        if process.poll() is None:
            killed += 1
            process.kill()
        process.communicate()
    assert killed
    assert not (tmp_path / "out/results.jsonl").exists() or killed < 3
    last = started(tmp_path, "out", "--jobs", jobs, "--format", "otter")
    assert last.wait(120) == 0
    last.communicate()
    whole = started(tmp_path, "whole", "--format", "otter")
    assert whole.wait(120) == 0
    whole.communicate()
    assert outcome(tmp_path / "out") == outcome(tmp_path / "whole")
    assert len(results(tmp_path / "out")) == 400
    assert all(record["verdict"] in {"correct", "wrong"} for record in results(tmp_path / "out").values())


def test_interrupted_by_the_keyboard(tmp_path: Path) -> None:
    many(tmp_path, 600)
    problem(tmp_path)
    process = started(tmp_path, "out", "--jobs", "2")
    while process.poll() is None and grown(tmp_path / "out" / PARTIAL) < 1:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"run the same command again to continue" in err
    assert b"Traceback" not in err
    assert grown(tmp_path / "out" / PARTIAL) > 0


def test_nobody_outlives_a_killed_run(tmp_path: Path) -> None:
    many(tmp_path, 600)
    problem(tmp_path)
    process = started(tmp_path, "out", "--jobs", "2")
    while process.poll() is None and grown(tmp_path / "out" / PARTIAL) < 1:
        time.sleep(0.002)
    process.kill()
    process.communicate(timeout=30)  # the pipes close when the last of the processes has gone


def test_interrupted_when_the_results_to_compare_with_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    run("grade", sheets, config, "-o", str(out), "-q")
    old = out / "results.jsonl"
    asked = ("grade", sheets, config, "--set", "Wv[1,1]=5", "-q")
    run(*asked, "--against", str(old), "-o", str(tmp_path / "whole"))

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(course_module, "write_gradebook", interrupted)
        assert run(*asked, "--against", str(old), "-o", str(out)).code == 130
    assert old.read_bytes() == (tmp_path / "whole/results.jsonl").read_bytes()
    assert run(*asked, "--against", str(old), "-o", str(out)).code == 3
    assert outcome(out) == outcome(tmp_path / "whole")


def test_a_folder_of_configs_is_not_read_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--configs .``: what lies beside and below the configs is nobody's problem, however large."""
    for name in ("B1", "B2", "B3"):
        problem(tmp_path, f"{name}.json")
        hand_in(tmp_path / "sheets", f"{name}.json", right(), name)
    with (tmp_path / "huge.bin").open("wb") as stream:
        stream.truncate(2**40)
    (tmp_path / "locked.npz").symlink_to("locked.npz")
    monkeypatch.chdir(tmp_path)
    asked = ("grade", "sheets", "--configs", ".", "--out", "out", "-f", "gradescope", "-q")
    assert run(*asked).code == 0
    whole = outcome(tmp_path / "out")
    configs = {name: tmp_path / f"{name}.json" for name in ("B1", "B2", "B3")}
    grader = Grader(
        Path("sheets"), KeyEach(configs_by_student(Path())), Policy(), version=attncli.__version__
    )
    students = marked_anew(monkeypatch)

    def again() -> list[str]:
        (tmp_path / "out" / PARTIAL).write_bytes(header(grader) + whole["results.jsonl"])
        students.clear()
        files = find_sheets(Path("sheets"), [])[0]
        go(Plan(grader, files, tmp_path / "out", Course("hw")))
        return list(students)

    assert again() == []  # the gradescope files of the first run lie below "." as well
    assert (tmp_path / "out/results.jsonl").read_bytes() == whole["results.jsonl"]
    (tmp_path / "B9.json").write_text("{}", encoding="utf-8")
    assert again() == []
    problem(tmp_path, "B2.json", tokens=["c", "d"])  # the same numbers, other names of cells
    grader.keys.last = None
    assert again() == ["B2", "B3"]
    configs["B2"].write_text("Wq: 1", encoding="utf-8")
    grader.keys.last = None
    assert again() == ["B3"]
    assert "Wq" in results(tmp_path / "out")["B2.json"]["reason"]
    whole = outcome(tmp_path / "out")
    problem(tmp_path, "B2.json")
    grader.keys.last = None
    assert again()[-2:] == ["B2", "B3"]  # an unreadable line holds only as long as its config is so


def test_what_an_earlier_run_has_left(tmp_path: Path) -> None:
    from attncli.graders import FORMATS

    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    asked = ("grade", sheets, config, "--out", str(out), "--json")
    every = [word for name in FORMATS for word in ("--format", name)]
    run(*asked, *every)
    run(*asked, *every, "--against", str(out / "results.jsonl"))
    assert (out / "changes.csv").exists()
    kept = ("-f", "html", "-f", "canvas", "-f", "gradescope")
    (tmp_path / "sheets/deep/er/chi.yaml").unlink()
    mine = ("markdown/notes.md", "html/logo.svg", "otter.txt", "moodle-old.csv", ".private")
    for name in mine:
        (out / name).write_text("mine", encoding="utf-8")
    told = json.loads(run(*asked, *kept).out)
    stale = {str(Path(path).relative_to(out)) for path in told["stale"]}
    assert told["removed"] == []
    assert {"changes.csv", "moodle.csv", "nbgrader.csv", "otter.csv", "junit.xml"} <= stale
    assert {path for path in stale if path.startswith("html")} == {"html/deep/er/chi.yaml.html"}
    assert {path for path in stale if path.startswith("gradescope")} == {"gradescope/deep/er/chi.yaml.json"}
    assert {"markdown/an.json.md", "github-classroom/an.json.txt", "prairielearn/an.json.json"} <= stale
    assert not stale & {*mine, "canvas.csv", "html/index.html", "results.jsonl", "gradebook.csv"}
    before = set(outcome(out))
    screen = run("grade", sheets, config, "--out", str(out), *kept, COLUMNS="200").out
    assert "Left by an earlier run (--clean removes them):" in screen
    assert f"  {out}/changes.csv" in screen
    assert set(outcome(out)) == before
    told = json.loads(run(*asked, *kept, "--clean").out)
    assert {str(Path(path).relative_to(out)) for path in told["removed"]} == stale
    assert set(outcome(out)) == before - stale
    assert not (out / "prairielearn").exists()
    assert not (out / "html/deep").exists()
    assert json.loads(run(*asked, *kept).out)["stale"] == []
    (out / "moodle.csv").write_text("student\nAn\n", encoding="utf-8")  # as downloaded from there
    told = json.loads(run(*asked, *kept, "--roster", str(out / "moodle.csv"), "--clean").out)
    assert (told["removed"], (out / "moodle.csv").exists()) == ([], True)
