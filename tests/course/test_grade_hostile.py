"""Sheets are hostile until shown otherwise: in what they are, where they lie and what they say."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from attncli.course.sheets import read_submission
from attncli.errors import AttnError
from tests.support.courses import course, gradebook, hand_in, outcome, problem, results, right
from tests.support.running import Stream, untraced
from tests.support.running import attncli as run

ROOT = Path(__file__).parents[2]


def test_what_cannot_be_opened_is_a_line_and_stops_nothing(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    folder = tmp_path / "sheets"
    (folder / "group/broken.yml").unlink()
    for name, to in {"a": "a", "b": "c", "c": "b", "d": "nowhere"}.items():
        (folder / f"{name}.yaml").symlink_to(f"{to}.yaml")
    (folder / "round").symlink_to("round")
    os.mkfifo(folder / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.path.relpath(folder / "socket.yaml"))
    hand_in(folder, "locked.json", right(), "Locked").chmod(0)
    out = tmp_path / "out"
    assert run("grade", sheets, config, "-o", str(out), "-q").code == 3
    found = results(out)
    whys = {file: record["reason"] for file, record in found.items() if "reason" in record}
    locked = {} if os.geteuid() == 0 else {"locked.json": "this cannot be read: Permission denied"}
    assert whys == locked | {
        **dict.fromkeys(("a.yaml", "b.yaml", "c.yaml", "d.yaml"), "this is a symbolic link"),
        "pipe.yaml": "this is a pipe or a device, not a file",
        "socket.yaml": "this cannot be read: No such device or address",
    }
    assert len(found) - len(whys) == 5 + (not locked)


@pytest.mark.parametrize("where", ["round", "round/deep", "nowhere"])
def test_links_that_lead_nowhere_are_no_place_to_write(tmp_path: Path, where: str) -> None:
    sheets, config = course(tmp_path)
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "nowhere").symlink_to("gone")
    done = run("grade", sheets, config, "-o", str(tmp_path / where))
    assert (done.code, done.out) == (2, "")
    assert where in done.err
    if where != "nowhere":
        assert run("forward", config, "-o", str(tmp_path / where)).code == 2


def test_links_are_refused_and_told(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    hand_in(tmp_path / "outside", "secret.json", right(), "Secret")
    (tmp_path / "sheets/link.yaml").symlink_to(tmp_path / "outside/secret.json")
    (tmp_path / "sheets/gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "sheets/me.json").symlink_to("an.json")
    (tmp_path / "sheets/folder").symlink_to(tmp_path / "outside")
    (tmp_path / "sheets/up").symlink_to(tmp_path / "sheets")
    out = tmp_path / "out"
    done = run("grade", sheets, config, "-o", str(out), "--json")
    assert done.code == 3
    found = results(out)
    links = [file for file, record in found.items() if record.get("reason") == "this is a symbolic link"]
    assert links == ["gone.yaml", "link.yaml", "me.json"]
    assert len(found) == 9
    assert "Secret" not in (out / "results.jsonl").read_text(encoding="utf-8")
    assert json.loads(done.out)["skipped"] == [
        {"file": "folder", "reason": "it is a symbolic link to a folder"},
        {"file": "up", "reason": "it is a symbolic link to a folder"},
    ]


def test_a_file_that_becomes_a_pipe_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(AttnError, match="a pipe or a device"):
        read_submission(tmp_path, "pipe.yaml")


def test_what_is_no_sheet_is_skipped_and_told(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    (tmp_path / "sheets/._an.json").write_bytes(b"\0\5\26\7")
    for name in ("B21.yaml.txt", "deep/marks.xlsx", ".DS_Store"):
        (tmp_path / "sheets" / name).touch()
    hand_in(tmp_path / "sheets/.git", "x.json", right())
    out = tmp_path / "out"
    done = run("grade", sheets, config, "-o", str(out), COLUMNS="200")
    assert len(results(out)) == 6
    why = "a sheet is a file that ends in .yaml, .yml, .json, .npz"
    for told in (
        "._an.json: its name begins with a point",
        f"B21.yaml.txt: {why}",
        f"deep/marks.xlsx: {why}",
    ):
        assert told in done.out
    assert ".DS_Store" not in done.out
    found = json.loads(run("grade", sheets, config, "-o", str(out), "--json").out)
    assert [one["file"] for one in found["skipped"]] == ["._an.json", "B21.yaml.txt", "deep/marks.xlsx"]
    assert found["skipped"][1]["reason"] == why


@pytest.mark.parametrize(
    ("options", "others"),
    [
        ([], {"configs/An.yaml"}),
        (["./config.yaml"], {"configs/An.yaml"}),
        (["-c", "config.yaml"], {"configs/An.yaml"}),
        (["--configs", "configs"], set()),
    ],
)
def test_what_is_the_teachers_is_no_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], others: set[str]
) -> None:
    hand_in(tmp_path, "an.json", right(), "An")
    problem(tmp_path, "config.yaml")
    problem(tmp_path, "configs/An.yaml")
    (tmp_path / "rubric.yaml").write_text("rows: [S]", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for _again in range(2):
        run("grade", ".", *options, "--rubric", "rubric.yaml", "--out", "graded", "-f", "gradescope", "-q")
        assert set(results(tmp_path / "graded")) == {"an.json", *others}
        assert (tmp_path / "graded/gradescope/an.json.json").exists()


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    with (tmp_path / "sheets/huge.json").open("wb") as stream:
        stream.truncate(2**40)
    out = tmp_path / "out"
    assert run("grade", sheets, config, "-o", str(out), "-q").code == 3
    record = results(out)["huge.json"]
    assert record["reason"] == "this is larger than 4 MiB"
    assert record["sheet"] is None


NAMES = {
    "1.json": "=HYPERLINK(1)",
    "2.json": "+1+1",
    "3.json": "-cmd|' /C calc'!A0",
    "4.json": "@SUM(1)",
    "5.json": "Eve\nAn,an.json,correct,8,8",
    "6.json": "\x1b[2J\x1b[31mred\x9b",
    "7.json": "[bold]b[/bold]<script>alert(1)</script>",
    "8.json": '"; drop, table',
    "9.json": "\u202eevil\u2028line",
    "=a\tb\n'.json": None,
    "[red].json": "-5",
}


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    for file, student in NAMES.items():
        hand_in(tmp_path / "sheets", file, {"O": [["=1+1", "\x1b[5m"], [1, 2]], "\x1b[7m=X": 1}, student)
    problem(tmp_path)
    return tmp_path


def test_names_and_answers_are_text_in_every_file(hostile: Path) -> None:
    out = hostile / "out"
    done = run("grade", str(hostile / "sheets"), str(hostile / "config.json"), "-o", str(out))
    assert done.code == 0
    assert len(results(out)) == len(NAMES)
    assert results(out)["1.json"]["student"] == "=HYPERLINK(1)"
    for data in outcome(out).values():
        text = data.decode("utf-8-sig")
        assert all(char.isprintable() or char == "\n" for char in text)
    lines = gradebook(out)
    assert len(lines) == len(NAMES)
    text = (out / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == len(NAMES) + 1
    for line in csv.reader(text.splitlines()):
        for cell in line:
            assert not cell.startswith(tuple("=+@\t\r")), cell
            assert not cell.startswith("-") or float(cell) == -5
    assert len(next(csv.reader(text.splitlines()))) == 9  # no column is named by a student


def test_names_and_answers_are_text_on_the_screen(hostile: Path) -> None:
    for options in ((), ("--ascii",), ("--json",)):
        asked = ("grade", str(hostile / "sheets"), str(hostile / "config.json"), "-o", str(hostile / "out"))
        done = run(*asked, *options)
        assert all(char.isprintable() or char == "\n" for char in done.out + done.err)


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    config = problem(tmp_path)
    name = os.fsdecode(b"b\xff.json")
    try:
        hand_in(tmp_path / "sheets", name, right())
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    out = tmp_path / "out"
    assert run("grade", str(tmp_path / "sheets"), config, "-o", str(out), "--format", "html").code == 0
    assert results(out)["b\\xff.json"]["student"] == "b\\xff"


def test_a_sheet_cannot_bring_its_own_score(tmp_path: Path) -> None:
    config = problem(tmp_path)
    sheet = {"student": "An", "answers": {"L": 9}, "score": 100, "tolerance": 9, "config": {}, "key": "x"}
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets/an.json").write_text(json.dumps(sheet), encoding="utf-8")
    out = tmp_path / "out"
    run("grade", str(tmp_path / "sheets"), config, "-o", str(out), "-q")
    record = results(out)["an.json"]
    assert (record["score"], record["max_score"], len(record["key"])) == (0, 1, 71)


def test_an_answer_cannot_grow_the_summary(tmp_path: Path) -> None:
    config = problem(tmp_path)
    hand_in(tmp_path / "sheets", "an.json", {"S": right()["S"], **{f"x{i}": 1 for i in range(300)}})
    out = tmp_path / "out"
    done = run("grade", str(tmp_path / "sheets"), config, "-o", str(out), "--json", "-q")
    assert [row["symbol"] for row in json.loads(done.out)["rows"]] == ["S"]
    assert list(gradebook(out)["an.json"])[8:] == ["S"]


def test_the_bar_is_drawn_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    asked = ("grade", sheets, config, "-o", str(tmp_path / "out"))
    assert "6/6" in run(*asked, err=Stream(tty=True), TERM="xterm").err
    assert "6/6" not in run(*asked, "-q", err=Stream(tty=True), TERM="xterm").err
    assert "6/6" not in run(*asked).err


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
def test_memory_does_not_grow_with_the_sheets(tmp_path: Path) -> None:
    script = (
        "import sys; from attncli.commands.app import run; run(sys.argv[1:])\n"
        "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    config, scores = problem(tmp_path), right()["S"]
    peaks, sizes = [], []
    for count in (2000, 3500):  # the first thousand or so take more than those that follow
        sheets = tmp_path / f"sheets{count}"
        for i in range(count):
            hand_in(sheets, f"{i:04}.json", {"S": scores, **{f"x{j}": i for j in range(9)}})
        asked = ["grade", str(sheets), config, "-q", "-o", str(tmp_path / f"out{count}")]
        done = subprocess.run(
            [sys.executable, "-c", script, *asked],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env=untraced(),
        )
        peaks.append(1024 * int(done.stdout))
        sizes.append((tmp_path / f"out{count}/results.jsonl").stat().st_size)
    assert peaks[1] - peaks[0] < sizes[1] - sizes[0]
