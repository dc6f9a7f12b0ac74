import io
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli import files
from attncli.errors import AttnError
from attncli.problem.matrices import read_array
from attncli.problem.sources import builtin_names, default_source, load
from tests.support.pace import in_time

SMALL = "given: {O: [[1]]}\n"


def header(shape: object, descr: str = "<f8", version: tuple[int, int] = (1, 0)) -> bytes:
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    size = 2 if version == (1, 0) else 4
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(size, "little") + text


def npz(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(f"{name}.npy", data)
    return stream.getvalue()


def saved(values: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(values))
    return stream.getvalue()


GOOD = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.npy", saved(GOOD), None),
        ("a.NPY", saved(np.asfortranarray(GOOD)), None),
        ("a.npy", saved(np.array(GOOD, ">f4")), None),
        ("a.npy", header((2, 2), version=(2, 0)) + np.array(GOOD).tobytes(), None),
        ("a.npz", npz(x=saved(GOOD)), None),
        ("a.npz", npz(x=saved([1]), **{"layer0.Wq": saved(GOOD)}), "layer0.Wq"),
        ("a.csv", b"\xef\xbb\xbf1,2\r\n\r\n3, 8/2\r\n", None),
    ],
)
def test_files_of_every_kind(tmp_path: Path, name: str, data: bytes, key: str | None):
    (tmp_path / name).write_bytes(data)
    assert read_array(tmp_path, name, key).tolist() == GOOD


def test_minus_infinity_in_a_csv(tmp_path: Path):
    (tmp_path / "a.csv").write_text("0,-inf\n")
    assert read_array(tmp_path, "a.csv", None).tolist() == [[0, -np.inf]]


@pytest.mark.parametrize(
    ("name", "data", "key", "words"),
    [
        ("a.npy", saved(np.array([None])), None, "holds Python objects"),
        ("a.npy", saved(GOOD)[:-8], None, "is cut off"),
        ("a.npy", saved(GOOD)[:20], None, "cannot be read"),
        ("a.npy", b"", None, "cannot be read"),
        ("a.npy", b"PK\x03\x04", None, "cannot be read"),
        ("a.npy", header((2**40, 2**40)), None, "holds an array of the shape"),
        ("a.npy", header((-1,)) + b"\0" * 80, None, "holds an array of the shape (-1,)"),
        ("a.npy", header("x"), None, "cannot be read"),
        ("a.npy", header((1,), "<f8" + "(" * 400), None, "cannot be read"),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, None, "cannot be read"),
        ("a.npy", b"\x93NUMPY\x01\x00\x10\x00" + b"'''{[(0L         ", None, "cannot be read"),
        ("a.npy", saved(GOOD), "x", "a key names an array of an .npz file"),
        ("a.npz", b"not a zip", None, "cannot be read"),
        ("a.npz", npz(x=header((2**20, 2**20)) + bytes(10**6)), None, "holds an array of the shape"),
        ("a.npz", npz(x=saved(GOOD), y=saved(GOOD)), None, "holds 2 arrays"),
        ("a.npz", npz(), None, "holds 0 arrays"),
        ("a.npz", npz(Wq=saved(GOOD)), "wq", "has no array 'wq'"),
        ("a.csv", b"", None, "is empty"),
        ("a.csv", b"1,2\n3\n", None, "a.csv:2: this row has 1 numbers; the first has 2"),
        ("a.csv", b"a,b\n1,2\n", None, "a.csv:1: column 1 is 'a'"),
        ("a.csv", b"1\n1/0\n", None, "a.csv:2: column 1 is '1/0'"),
        ("a.csv", b"1e999\n", None, "a.csv:1: column 1 is '1e999'"),
        ("a.csv", b"\xff", None, "is not UTF-8"),
        ("a.csv", b'"' + b"1" * 200_000, None, "cannot be read"),
        ("a.csv", b"," * 1_000_001, None, "larger than a .csv"),
        ("a.txt", b"1", None, "ends in '.txt'"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, data: bytes, key: str | None, words: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AttnError) as caught:
        read_array(tmp_path, name, key)
    assert words in caught.value.message
    assert caught.value.hint


def test_files_elsewhere_and_things_that_are_no_files(tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    np.save(tmp_path / "a.npy", np.eye(2))
    (inner / "link.npy").symlink_to(tmp_path / "a.npy")
    (inner / "loop.npy").symlink_to(inner / "loop.npy")
    (inner / "folder.npy").mkdir()
    os.mkfifo(inner / "pipe.npy")
    for name, words in {
        "../a.npy": "outside the config's folder",
        str(tmp_path / "a.npy"): "outside the config's folder",
        "link.npy": "outside the config's folder",
        "folder.npy": "is a folder",
        "pipe.npy": "is a pipe or a device",
        "nope.npy": "there is no file 'nope.npy'",
        "nul\0.npy": "cannot be read",
        "loop.npy": "cannot be read",
    }.items():
        with pytest.raises(AttnError) as caught:
            read_array(inner, name, None)
        assert words in caught.value.message, name


def test_a_file_is_looked_for_beside_its_config(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    np.save(tmp_path / "sub" / "o.npy", np.array([[5, 6]]))
    (tmp_path / "c.yaml").write_text("given: {O: {file: sub/o.npy}}\n")
    assert load(tmp_path / "c.yaml").givens["O"].tolist() == [[5, 6]]


def test_many_tokens_without_names_load_at_once(tmp_path: Path):
    np.savez(tmp_path / "w.npz", X=np.ones((16_384, 64)), W=np.eye(64))
    keys = "".join(f"{weight}: {{file: w.npz, key: W}}\n" for weight in ("Wq", "Wk", "Wv"))
    (tmp_path / "c.yaml").write_text(f"embeddings: {{file: w.npz, key: X}}\n{keys}mask: true\nheads: 8\n")
    with in_time(100):
        problem = load(tmp_path / "c.yaml")
    assert problem.tokens[-1] == "16384"


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", "c.yaml:1:1", "empty"),
        (b"a: 1\nb: \xff", "c.yaml:2:4", "not UTF-8: byte 0xff"),
        ("a: ề".encode("utf-16"), "c.yaml:1:1", "not UTF-8"),
    ],
)
def test_configs_that_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, place: str, words: str
):
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_bytes(data)
    with pytest.raises(AttnError) as caught:
        load("c.yaml")
    assert str(caught.value.errors[0].where) == place
    assert words in caught.value.errors[0].message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nope", "there is no file"),
        (".", "is a folder"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_configs_that_are_not_there(name: str, words: str):
    with pytest.raises(AttnError) as caught:
        load(name)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_misspelt_built_in_is_recognised():
    with pytest.raises(AttnError) as caught:
        load("artical")
    assert caught.value.hint == "did you mean 'article'?"
    assert load("article").name == "article"
    assert "multihead" in builtin_names()


def test_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert default_source()[0] == "article"
    Path("config.yaml").write_text(SMALL)
    assert default_source() == ("config.yaml", "using config.yaml of this folder")


def test_huge_and_endless_files(tmp_path: Path):
    with (tmp_path / "huge.yaml").open("wb") as stream:
        stream.truncate(2**30)
    for path in (tmp_path / "huge.yaml", Path("/dev/zero")):
        with in_time(50), pytest.raises(AttnError, match="is larger than 32 MiB"):
            load(path)


def test_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(AttnError, match="nobody has written into this pipe"):
        load(pipe)
    held = os.open(pipe, os.O_RDWR)  # a writer that takes its time
    timer = threading.Timer(0.2, lambda: (os.write(held, SMALL.encode()), os.close(held)))
    timer.start()
    assert load(pipe).sizes["n"] == 1
    timer.join()
    held = os.open(pipe, os.O_RDWR)
    os.write(held, SMALL.encode())
    threading.Timer(0.1, os.close, [held]).start()
    assert load(str(pipe)).sizes["n"] == 1


def test_standard_input(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL.encode())))
    assert load("-").name == "<stdin>"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(AttnError, match="there is no standard input"):
        load("-")


@pytest.mark.parametrize(
    ("text", "count"),
    [("tokens: [a, b]\nembedings: [[1,2],[3]]\n", 2), ("[" * 100_000, 1), ("", 1), ("a: \x00", 1)],
)
def test_the_command_ends_with_2_and_prints_nothing_else(text: str, count: int):
    command = [sys.executable, "-m", "attncli", "forward", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len([line for line in lines if ": error: " in line]) == count
    assert "Traceback" not in done.stderr.decode()
    if count == 2:
        assert lines[0] == "<stdin>:2:1: error: unknown key 'embedings'"
        assert lines[3] == "    hint: did you mean 'embeddings'?"
        assert lines[4].startswith("<stdin>:2:19: error: embeddings row 2 has 1 number; the other has 2")


def test_a_problem_shows_its_size():
    assert repr(attncli.Problem(given={"O": [[1, 2]]})) == "<Problem Problem: h=1, n=1, d_v=2, m=1>"
