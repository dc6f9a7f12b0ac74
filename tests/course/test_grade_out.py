"""The folder of results: links in it are replaced, what was read is kept, and a killed run leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.courses import course, results
from tests.support.running import attncli as run
from tests.support.running import pinned

ROOT = Path(__file__).parents[2]
LEFT = ".attncli-0123456789abcdef"


def test_linked_folders_are_followed_and_linked_files_replaced(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out, elsewhere, precious = tmp_path / "out", tmp_path / "elsewhere", tmp_path / "precious"
    out.mkdir()
    elsewhere.mkdir()
    precious.write_text("precious", encoding="utf-8")
    before = Path(config).read_bytes()
    for name in ("gradebook.csv", "junit.xml", ".results.jsonl.partial"):
        (out / name).symlink_to(precious)
    (out / "results.jsonl").symlink_to(config)
    (out / "canvas.csv").symlink_to("canvas.csv")
    (out / "html").symlink_to(elsewhere)
    (elsewhere / "an.json.html").symlink_to(precious)
    (elsewhere / LEFT).touch()
    formats = ("-f", "html", "-f", "junit", "-f", "canvas")
    assert run("grade", sheets, config, "-o", str(out), *formats, "-q").code == 3
    assert precious.read_text(encoding="utf-8") == "precious"
    assert Path(config).read_bytes() == before
    assert len(results(out)) == 6
    assert (out / "html").is_symlink()
    assert "<title>An" in (elsewhere / "an.json.html").read_text(encoding="utf-8")
    assert [path.name for path in (*out.rglob("*"), *elsewhere.rglob("*")) if path.is_symlink()] == ["html"]
    assert not (elsewhere / LEFT).exists()


def test_a_hard_link_is_not_written_through(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    before = Path(config).read_bytes()
    (out / ".results.jsonl.partial").hardlink_to(config)
    assert run("grade", sheets, config, "-o", str(out), "-q").code == 3
    assert Path(config).read_bytes() == before


@pytest.mark.parametrize("name", [".results.jsonl.partial", "results.jsonl", "gradebook.csv", "junit.xml"])
def test_a_pipe_among_the_results_is_refused(name: str, tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    os.mkfifo(out / name)
    outcome = run("grade", sheets, config, "-o", str(out), "-f", "junit", "-q")
    assert outcome.code == 2
    assert f"{str(out / name)!r} is a pipe or a device" in outcome.err
    assert (out / name).is_fifo()


@pytest.mark.parametrize("name", ["gradebook.csv", "canvas.csv"])
def test_a_roster_that_was_read_is_not_replaced_and_nothing_is_marked(name: str, tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    roster = out / name
    roster.write_text("student,name\nAn,An\n", encoding="utf-8")
    outcome = run("grade", sheets, config, "-o", str(out), "--roster", str(roster), "-f", "canvas", "-q")
    assert outcome.code == 2
    assert "was read for this run" in outcome.err
    assert roster.read_text(encoding="utf-8") == "student,name\nAn,An\n"
    assert [path.name for path in out.iterdir()] == [name]


def test_a_sheet_that_is_marked_is_not_replaced(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    twin = Path(sheets) / "an.json.json"  # the name that an.json's results have
    twin.write_bytes((Path(sheets) / "an.json").read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    (out / "gradescope").symlink_to(sheets)
    before = twin.read_bytes()
    outcome = run("grade", sheets, config, "-o", str(out), "-f", "gradescope", "-q")
    assert outcome.code == 2
    assert "was read for this run" in outcome.err
    assert twin.read_bytes() == before


@pytest.mark.parametrize("kind", ["/dev/zero", "pipe", "sparse"])
def test_older_results_that_never_end(kind: str, tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    old = Path("/dev/zero") if kind == "/dev/zero" else tmp_path / "old.jsonl"
    if kind == "pipe":
        os.mkfifo(old)
    elif kind == "sparse":
        with old.open("wb") as stream:
            stream.truncate(2**34)
    outcome = run("grade", sheets, config, "-o", str(tmp_path / "out"), "--against", str(old), "-q")
    assert outcome.code == 2
    said = "is not the record of a sheet" if kind == "sparse" else "is a pipe or a device, not a file"
    assert said in outcome.err


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    outcome = run("grade", sheets, config, "-o", str(tmp_path / "loop"), "-q")
    assert outcome.code == 2
    assert "symbolic links" in outcome.err


def test_a_format_may_be_called_by_its_ending(tmp_path: Path) -> None:
    sheets, config = course(tmp_path)
    assert (
        run("grade", sheets, config, "-o", str(tmp_path / "out"), "-f", "md", "-f", "markdown", "-q").code
        == 3
    )
    assert (tmp_path / "out/markdown/an.json.md").is_file()


@pytest.mark.skipif(os.name == "nt", reason="needs locks")
@pytest.mark.parametrize("at", [2, 4])
def test_what_a_killed_run_has_left_is_removed_by_the_next(at: int, tmp_path: Path) -> None:
    """Killed as the gradebook, or a student's file, has been written and has not got its name."""
    sheets, config = course(tmp_path)
    out = tmp_path / "out"
    code = (
        "import os, sys, time; from attncli.commands.app import run; done = []\n"
        f"def slow(_): done.append(1); len(done) >= {at} and time.sleep(60)\n"
        "os.fsync = slow; run(sys.argv[1:])"
    )
    asked = ("grade", sheets, config, "-o", str(out), "-f", "gradescope", "-q")
    with subprocess.Popen([sys.executable, "-c", code, *asked], env=pinned(PYTHONPATH=str(ROOT))) as process:
        try:
            begun = time.monotonic()
            while time.monotonic() < begun + 60 and not ((out / "gradescope").exists() or at == 2):
                time.sleep(0.05)
            while time.monotonic() < begun + 60 and not (out / "results.jsonl").exists():
                time.sleep(0.05)
            time.sleep(0.5)
        finally:
            process.kill()
    hidden = [path.name for path in out.rglob(".*")]
    assert any(name.startswith(".attncli-") for name in hidden)
    assert run(*asked[:-3], "-q").code == 3  # though that format is not asked for any more
    assert not list(out.rglob(".*"))
