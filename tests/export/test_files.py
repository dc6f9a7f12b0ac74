"""Where a result goes: files whole or not at all, and what is refused before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from attncli import files
from attncli.errors import AttnError
from attncli.files import write_folder
from tests.support.running import attncli

EACH = ("text", "plain", "json", "npz", "markdown", "latex", "html", "svg")


@pytest.mark.parametrize("style", EACH)
def test_a_file_is_replaced_and_nothing_else_is_left(style: str, tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_text("old", encoding="utf-8")
    outcome = attncli("forward", "article", "-f", style, "-o", str(path))
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert len(path.read_bytes()) > 500
    assert list(tmp_path.iterdir()) == [path]
    if style != "npz":
        text = path.read_text(encoding="utf-8")
        assert text == attncli("forward", "article", "-f", style).out
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.html", "<!DOCTYPE html>"),
        ("a.HTM", "<!DOCTYPE html>"),
        ("a.md", "# article"),
        ("a.tex", "% "),
        ("a.svg", "<svg"),
        ("a.json", '{"schema": 1'),
        ("a.npz", "PK"),
        ("a.txt", "article: 9 tokens"),
        ("a.latex", "% "),
        ("a.markdown", "# article"),
        ("a", "article: 9 tokens"),
        (".hidden", "article: 9 tokens"),
    ],
)
def test_the_name_tells_the_format(name: str, start: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert attncli("forward", "article", "--output", str(path)).code == 0
    assert path.read_bytes().startswith(start.encode())


def test_the_option_goes_before_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    assert attncli("forward", "article", "-f", "html", "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE")
    assert attncli("forward", "article", "--json", "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8").startswith("{")


def test_one_csv_is_a_file_where_its_name_says_so(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    assert attncli("forward", "article", "--only", "A", "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8") == attncli("forward", "article", "--only", "A", "-f", "csv").out
    outcome = attncli("forward", "article", "--only", "A,S", "-o", str(path))
    assert (outcome.code, outcome.out) == (2, "")
    assert "makes 2 files, one for each" in outcome.err
    assert "name a folder" in outcome.err


def test_a_folder_keeps_what_others_put_there(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "A.csv").write_text("old", encoding="utf-8")
    assert attncli("forward", "article", "--only", "A,S", "-f", "csv", "-o", str(folder)).code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["A.csv", "S.csv", "notes.txt"]
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (folder / "A.csv").read_text(encoding="utf-8").startswith("A,Death")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_new_folder_and_its_files_have_usual_permissions(tmp_path: Path) -> None:
    assert attncli("forward", "article", "-f", "csv", "-o", str(tmp_path / "page")).code == 0
    mask = files.umask()
    assert (tmp_path / "page").stat().st_mode & 0o777 == 0o777 & ~mask
    assert (tmp_path / "page" / "A.csv").stat().st_mode & 0o777 == 0o666 & ~mask


# Into a folder that is there it takes five steps, old files out and new ones in; a new one takes one.
@pytest.mark.parametrize(("there", "fails_at"), [(False, 1), *((True, step) for step in range(1, 6))])
def test_a_folder_that_fails_half_way_is_as_it_was(
    fails_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    folder = tmp_path / "page"
    before = {"a.csv": "old a", "c.csv": "old c", "z.txt": "other"}
    if there:
        folder.mkdir()
        for name, text in before.items():
            (folder / name).write_text(text, encoding="utf-8")
    rename, calls = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(AttnError, match="No space left"):
        write_folder(folder, {"a.csv": ["new a"], "b.csv": ["new b"], "c.csv": ["new c"]})
    if there:
        assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == ([folder] if there else [])


def test_a_writer_that_fails_half_way_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    def pieces():
        yield "1,2\n"
        raise OSError(5, "Input/output error")

    (tmp_path / "a.csv").write_text("old", encoding="utf-8")
    with pytest.raises(AttnError, match="Input/output error"):
        write_folder(tmp_path, {"a.csv": ["new"], "b.csv": pieces()})
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("style", EACH)
def test_a_file_that_fails_half_way_is_as_it_was(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page"
    path.write_text("old", encoding="utf-8")

    def failing(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", failing)
    outcome = attncli("forward", "article", "-f", style, "-o", str(path))
    assert (outcome.code, outcome.out) == (2, "")
    assert "No space left on device" in outcome.err
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


WRONG = [
    (("forward", "article", "-f", "npz"), "--format npz cannot be shown", "--output FILE.npz"),
    (("forward", "article", "-f", "csv"), "--format csv makes 11 files, one for each", "--output FOLDER"),
    (("forward", "article", "-f", "pdf"), "--format is 'pdf'; expected text, plain, json", ""),
    (("forward", "article", "-f", "htm"), "--format is 'htm'", "did you mean 'html'"),
    (("forward", "article", "--json", "-f", "html"), "--json does not go with --format html", "keep one"),
    (("forward", "article", "--plain", "-f", "text"), "--plain does not go with --format text", ""),
    (("explain", "A", "--json", "-f", "html"), "--json does not go with --format html", ""),
    (("explain", "A[1,1]", "-f", "csv"), "--format csv holds matrices", "json for a script"),
    (("explain", "A[1,1]", "-o", "a.npz"), "--format npz holds matrices", ""),
    *(
        ((*command, "-o", name), f"{name!r}: '{name[1:]}' is the ending of no format", hint)
        for command, hint in (
            (("forward", "article"), "one of .txt, .json, .csv, .tsv, .npz, .md, .markdown, .tex, .latex"),
            (("backward", "article"), "or name a format with --format"),
            (("explain", "A[1,1]"), "one of .txt"),
            (("graph", "article"), "one of .txt, .svg, .dot, .gv, .mmd, .mermaid"),
        )
        for name in ("x.png", "x.pdf", "x.xlsx", "x.yaml", "x.out")
    ),
    *(
        ((*command, "-o", ""), "--output is empty", "one of .txt")
        for command in (
            ("forward", "article"),
            ("forward", "article", "--json"),
            ("explain", "A[1,1]", "-f", "html"),
            ("graph", "article", "-f", "dot"),
        )
    ),
    (("explain", "A[1,1]", "-f", "doc"), "--format is 'doc'", ""),
    (("explain", "A[1,1]", "A[99,1]", "-f", "html"), "A has no 99", ""),
    (("forward", "article", "-o", "nowhere/a.html"), "there is no folder 'nowhere'", ""),
    (("forward", "article", "-o", "nowhere/page", "-f", "csv"), "there is no folder 'nowhere'", ""),
    (("forward", "article", "-o", "folder"), "'folder' is a folder", "name a file in it"),
    (("forward", "article", "-o", "folder", "-f", "npz"), "'folder' is a folder", ""),
    (("explain", "A[1,1]", "-o", "folder"), "'folder' is a folder", ""),
    (
        ("forward", "article", "-o", "file", "-f", "csv"),
        "'file' is a file; csv writes a folder",
        "name another",
    ),
    (("forward", "article", "-o", "taken", "-f", "csv"), "is a folder", "name another folder"),
    (("forward", "article", "-o", "a\0b"), "cannot be written", ""),
    (("forward", "artikle", "-o", "a.html"), "there is no file 'artikle'", ""),
]
WRONG += [
    (
        ("forward", "multihead", "--only", "A", "-f", style, option, *value),
        f"{option} does not go with --format {style}, which always holds every number at full precision",
        f"leave {option} out",
    )
    for option, value in (("--decimals", ("2",)), ("--full", ()), ("--head", ("1",)))
    for style in ("csv", "npz", "json")
    if (option, style) != ("--head", "csv")
]


@pytest.mark.parametrize(("arguments", "message", "hint"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_refused(
    arguments: tuple[str, ...], message: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken" / "A.csv").mkdir(parents=True)
    (tmp_path / "file").write_text("old", encoding="utf-8")
    if "npz" in arguments and "-o" not in arguments and "does not go" in message:
        arguments = (*arguments, "-o", "x.npz")
    outcome = attncli(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert hint in outcome.err
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "taken", "file"}
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["A.csv"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "old"


def test_a_file_takes_every_character_whatever_the_terminal_takes(tmp_path: Path) -> None:
    from tests.support.running import Stream

    path = tmp_path / "a.txt"
    assert attncli("forward", "article", "-o", str(path), out=Stream(encoding="ascii")).code == 0
    assert "S = Q·Kᵀ" in path.read_text(encoding="utf-8")


def test_notes_still_go_to_standard_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = attncli("forward", "-o", "a.html")
    assert (outcome.code, outcome.out) == (0, "")
    assert "article" in outcome.err
    assert attncli("forward", "-o", "a.html", "--quiet").err == ""


def test_arrays_are_not_pickled(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    attncli("backward", "masked", "-o", str(path))
    with np.load(path, allow_pickle=False) as found:
        assert found["L"].shape == ()
        assert np.isneginf(found["M"]).any()
