"""What is written over what: never what was read for this run, and a person's files only when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attncli import files
from attncli.errors import AttnError
from tests.support.running import attncli, pinned

ROOT = Path(__file__).parents[2]
TINY = (ROOT / "configs/tiny.yaml").read_text(encoding="utf-8")
READ = "was read for this run"
# A command that writes a file, and how it is told that the file may be replaced.
WRITERS = (
    ("forward", "my.yaml", "-f", "text"),
    ("forward", "my.yaml", "--json"),
    ("forward", "-", "-f", "latex"),
    ("backward", "-c", "my.yaml", "-f", "npz"),
    ("forward", "my.yaml", "--only", "A", "-f", "text"),
    ("explain", "A[1,1]", "-c", "my.yaml", "-f", "html"),
    ("graph", "my.yaml", "-f", "dot"),
    ("train", "my.yaml", "-n", "1"),
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text(TINY, encoding="utf-8")


def names(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
@pytest.mark.parametrize("name", ["my.yaml", "link.yaml", "hard.yaml", "inner/../my.yaml", "way/my.yaml"])
def test_what_was_read_is_never_written(command: tuple[str, ...], name: str) -> None:
    Path("link.yaml").symlink_to("my.yaml")
    Path("hard.yaml").hardlink_to("my.yaml")
    Path("inner").mkdir()
    Path("way").symlink_to(".")
    with Path("my.yaml").open("rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-m", "attncli", *command, "-o", name, "--force"],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=pinned(PYTHONPATH=str(ROOT)),
        )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert READ in done.stderr
    assert Path("my.yaml").read_text(encoding="utf-8") == TINY
    assert Path("hard.yaml").samefile("my.yaml")
    assert Path("link.yaml").is_symlink()


def test_a_matrix_that_was_read_is_never_written() -> None:
    Path("Wq.csv").write_text("1,0\n0,1\n", encoding="utf-8")
    config = "{embeddings: [[1, 0], [0, 1]], Wq: {file: Wq.csv}, Wk: [[1, 0], [0, 1]], Wv: [[1, 0], [0, 1]]}"
    Path("own.yaml").write_text(config, encoding="utf-8")
    Path("A.csv").symlink_to("Wq.csv")
    for arguments in (["--only", "Q", "-o", "Wq.csv"], ["-f", "csv", "-o", "."], ["--json", "-o", "A.csv"]):
        outcome = attncli("backward", "own.yaml", "--set", "target=1", *arguments, "--force")
        assert (outcome.code, outcome.out) == (2, "")
        assert READ in outcome.err
    assert names() == ["A.csv", "Wq.csv", "my.yaml", "own.yaml"]
    assert Path("Wq.csv").read_text(encoding="utf-8") == "1,0\n0,1\n"
    # In a folder of results a link is replaced, and what it leads to stays.
    assert attncli("forward", "own.yaml", "-f", "csv", "--only", "A", "-o", ".").code == 0
    assert not Path("A.csv").is_symlink()
    assert Path("Wq.csv").read_text(encoding="utf-8") == "1,0\n0,1\n"


def test_one_run_does_not_bind_the_next() -> None:
    assert attncli("forward", "my.yaml").code == 0
    assert attncli("init", "my.yaml", "--force").code == 0


BY_HAND = {
    "other.yaml": TINY,
    "sheet.yml": "answers: {L: 1}",
    "attention.py": "def attention(): ...",
    "sheet.json": '{"student": "B1", "answers": {"A": [[1]]}}',
    "paper.tex": "\\documentclass{article}",
    "paper.latex": "% my paper",
    "index.html": "<!DOCTYPE html><title>me</title>",
    "me.svg": "<?xml version='1.0'?><svg/>",
    "to.txt": "",  # a link to a config
}


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("command", [("forward", "tiny"), ("explain", "A[1,1]"), ("graph", "tiny")])
def test_what_a_person_may_have_written_is_replaced_only_when_asked(
    name: str, command: tuple[str, ...]
) -> None:
    Path(name).symlink_to("my.yaml") if name == "to.txt" else Path(name).write_text(BY_HAND[name])
    before = Path(name).read_text(encoding="utf-8")
    asked = (*command, "-f", "svg", "-o", name)
    refused = attncli(*asked)
    assert (refused.code, refused.out) == (2, "")
    assert f"{name!r} already exists" in refused.err
    assert "--force" in refused.err
    assert Path(name).read_text(encoding="utf-8") == before
    assert attncli(*asked, "--force").code == 0
    assert Path(name).read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    "command",
    [
        *(
            ("backward", "tiny", "-o", f"page{ending}")
            for ending in ("", ".txt", ".json", ".npz", ".md", ".tex", ".latex", ".html", ".htm", ".svg")
        ),
        *(("forward", "tiny", "--only", "A", "-o", f"A{ending}") for ending in (".csv", ".tsv")),
        *(("explain", "A[1,1]", "-o", f"e{ending}") for ending in (".json", ".tex", ".html", ".svg", ".md")),
        ("explain", "A[1,1]", "A[1,2]", "-o", "e.json"),
        *(("graph", "tiny", "-o", f"g{ending}") for ending in (".svg", ".dot", ".gv", ".mmd", ".txt", "")),
        ("forward", "tiny", "-f", "csv", "-o", "folder"),
    ],
    ids=" ".join,
)
def test_a_result_is_replaced_by_the_next(command: tuple[str, ...]) -> None:
    for language in ("vi", "en", "en"):
        assert attncli(*command, "--lang", language).code == 0
    assert sum(1 for _ in Path().iterdir()) == 2


def test_json_that_a_script_has_indented_is_a_result_still() -> None:
    Path("a.json").write_text('{\n  "schema": 1,\n  "config": "x"\n}', encoding="utf-8")
    assert attncli("forward", "tiny", "-o", "a.json").code == 0


@pytest.mark.parametrize("command", [("init",), ("train", "tiny", "-n", "1", "-o")])
@pytest.mark.parametrize("name", ["x.png", "x.tex", "x.json", "x.yaml.txt"])
def test_a_config_is_called_one(command: tuple[str, ...], name: str) -> None:
    outcome = attncli(*command, name)
    assert outcome.code == 2
    assert f"{name!r}: a config ends in .yaml or .yml" in outcome.err
    assert names() == ["my.yaml"]


def test_tabs_where_the_name_says_so() -> None:
    assert attncli("forward", "multihead", "--only", "Qh", "-o", "Q.TSV").code == 0
    comma = attncli("forward", "multihead", "--only", "Qh", "-f", "csv").out
    assert Path("Q.TSV").read_text(encoding="utf-8") == comma.replace(",", "\t")
    assert "\t" in comma.replace(",", "\t")


@pytest.mark.parametrize(("short", "long"), [("md", "markdown"), ("tex", "latex")])
def test_a_format_may_be_called_by_its_ending(short: str, long: str) -> None:
    for command in (("forward", "tiny"), ("explain", "A[1,1]"), ("formulas", "tiny")):
        assert attncli(*command, "-f", short).out == attncli(*command, "-f", long).out != ""
    assert attncli("forward", "tiny", "--json", "-f", short).code == 2


def test_an_ending_does_not_matter_where_the_format_is_named() -> None:
    assert attncli("forward", "tiny", "-f", "text", "-o", "x.png").code == 0
    assert Path("x.png").read_text(encoding="utf-8").startswith("tiny: ")


@pytest.mark.parametrize("name", ["loop", "loop.txt"])
def test_a_link_in_a_circle_is_told(name: str) -> None:
    Path(name).symlink_to(name)
    for arguments in (("forward", "tiny", "-o", name), ("graph", "tiny", "-o", name), ("forward", name)):
        outcome = attncli(*arguments)
        assert outcome.code == 2
        assert "symbolic links" in outcome.err
    assert Path(name).is_symlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("style", ["text", "npz"])
def test_standard_output_by_its_other_name(style: str) -> None:
    command = [sys.executable, "-m", "attncli", "forward", "tiny", "-f", style, "-o", "/dev/stdout"]
    env = pinned(PYTHONPATH=str(ROOT))
    wanted = subprocess.run(command, capture_output=True, check=True, env=env).stdout
    assert len(wanted) > 500
    Path("log").write_bytes(b"before\n")
    with Path("log").open("ab") as log:
        subprocess.run(command, stdout=log, check=True, env=env)
    assert Path("log").read_bytes().startswith(b"before\n")
    if style == "text":
        assert Path("log").read_bytes() == b"before\n" + wanted


@pytest.mark.skipif(os.name == "nt", reason="needs locks and signals")
@pytest.mark.parametrize("style", ["html", "csv"])
def test_what_a_killed_run_has_left_is_removed(style: str) -> None:
    """And neither what another run writes at the moment, nor what only looks like it."""
    code = (
        "import os, sys, time; from attncli.commands.app import run; os.fsync = lambda _: time.sleep(60);"
        "from pathlib import Path; Path.rename = lambda *_: time.sleep(60); run(sys.argv[1:])"
    )
    asked = ["forward", "tiny", "-f", style, "-o", "page"]
    own = {".attncli-mine", ".page.abc", ".attncli-0123456789abcdef.txt"}
    for name in own:
        Path(name).touch()
    running = [
        subprocess.Popen([sys.executable, "-c", code, *asked], env=pinned(PYTHONPATH=str(ROOT))) for _ in "12"
    ]
    try:
        begun = time.monotonic()
        while len(names()) < len(own) + 3 and time.monotonic() < begun + 30:
            time.sleep(0.05)
        time.sleep(0.3)
        running[0].send_signal(signal.SIGKILL)
        running[0].wait()
        assert attncli(*asked).code == 0
        assert len(set(names()) - own - {"my.yaml", "page"}) == 1
        running[1].send_signal(signal.SIGKILL)
        running[1].wait()
        assert attncli(*asked).code == 0
        assert set(names()) == own | {"my.yaml", "page"}
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.skipif(os.name == "nt", reason="needs locks")
def test_what_a_killed_run_had_moved_away_comes_back() -> None:
    old = Path("page/.attncli-0123456789abcdef/old")
    old.mkdir(parents=True)
    (old / "A.csv").write_text("old A", encoding="utf-8")
    (old / "S.csv").write_text("old S", encoding="utf-8")
    Path("page/S.csv").write_text("new S", encoding="utf-8")
    assert attncli("forward", "tiny", "--only", "O", "-f", "csv", "-o", "page").code == 0
    assert names("page") == ["A.csv", "O.csv", "S.csv"]
    assert Path("page/A.csv").read_text(encoding="utf-8") == "old A"
    assert Path("page/S.csv").read_text(encoding="utf-8") == "new S"


@pytest.mark.parametrize("style", ["text", "npz", "json", "csv"])
def test_a_full_disk_is_said_to_be(style: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(Path, "rename", full)
    outcome = attncli("forward", "tiny", "-f", style, "-o", "page")
    assert outcome.code == 2
    assert "No space left on device" in outcome.err
    assert f"make room on the disk of {str(tmp_path)!r}" in outcome.err


def test_a_log_is_never_written_through_a_link() -> None:
    for make in (Path.symlink_to, Path.hardlink_to):
        Path("log").unlink(missing_ok=True)
        make(Path("log"), "my.yaml")
        with files.open_log(Path("log")) as log:
            log.write(b"x")
        assert Path("log").read_bytes() == b"x"
        assert Path("my.yaml").read_text(encoding="utf-8") == TINY
    with files.open_log(Path("log")) as log:
        log.write(b"y")
    assert Path("log").read_bytes() == b"xy"
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")
        with pytest.raises(AttnError, match="pipe or a device"):
            files.open_log(Path("pipe"))
