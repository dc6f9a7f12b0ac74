"""What a shell offers: the words of an option, configs, quantities of the problem that is meant."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from attncli.choices import LOSSES, TOPICS
from attncli.problem.sources import builtin_names
from tests.support.running import pinned

CONFIGS = Path(__file__).parents[2] / "configs"


def offered(folder: Path, line: str, *, kind: str = "bash", modules: bool = False) -> list[str]:
    """Return what is offered for the last word of a line, which may be empty."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    if kind != "bash":
        words = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    code = "import sys; sys.argv = ['attncli']; import atexit; from attncli.__main__ import main\n"
    if modules:
        code += "atexit.register(lambda: print(*sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "main()"],
        cwd=folder,
        env=pinned(_ATTNCLI_COMPLETE=f"complete_{kind}", **words),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("my.yaml", "sub/bài.yml"):
        shutil.copy(CONFIGS / "multihead.yaml", tmp_path / name)
    for name in ("notes.txt", "a$(reboot).yaml", "mine.py", "sub/other.py"):
        (tmp_path / name).write_text("no config")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("attncli backward --loss ", [*LOSSES]),
        ("attncli backward --loss b", ["bce"]),
        ("attncli backward article --lo", ["--loss"]),
        ("attncli forward ", [*builtin_names(), "my.yaml"]),
        ("attncli forward m", ["masked", "multihead", "my.yaml"]),
        ("attncli forward sub/", ["sub/bài.yml"]),
        ("attncli explain A -c ar", ["article"]),
        ("attncli diff article ti", ["tiny"]),
        ("attncli forward -f h", ["html"]),
        ("attncli explain A --format n", []),
        ("attncli grade --format c", ["canvas"]),
        ("attncli check s.yaml --format ", ["classroom50"]),
        ("attncli test ", ["mine.py"]),
        ("attncli test sub/", ["sub/other.py"]),
        ("attncli test mine.py --mask-true ", ["look", "hide"]),
        ("attncli test mine.py --mask ", ["add"]),
        ("attncli init --template ", [*builtin_names(), "blank"]),
        ("attncli init x.yaml --init he", ["he_uniform", "he_normal"]),
        ("attncli --lang ", ["en", "vi"]),
        ("attncli guide ", [*TOPICS]),
        ("attncli guide mi", ["mistakes"]),
        ("attncli check s.yaml --hint ", ["none", "cell", "mistake"]),
        ("attncli forward --decimals ", ["full"]),
        ("attncli forward article --only S", ["S"]),
        ("attncli forward my.yaml --only Q,S,V", ["Q,S,V", "Q,S,Vh"]),
        ("attncli backward my.yaml --only A,dW", ["A,dWo", "A,dWq", "A,dWk", "A,dWv"]),
        ("attncli backward -c my.yaml --only A,dW", ["A,dWo", "A,dWq", "A,dWk", "A,dWv"]),
        ("attncli check s.yaml my.yaml --rows Qh,K", ["Qh,K", "Qh,Kh"]),
        ("attncli explain my.yaml Q", ["Q", "Qh"]),
        ("attncli forward nowhere.yaml --only S", []),
        ("attncli forward -o ", []),
    ],
)
def test_what_is_offered(folder: Path, line: str, words: list[str]):
    found = offered(folder, line)
    assert found == words


def test_other_shells(folder: Path):
    assert "bce" in "".join(offered(folder, "attncli backward --loss b", kind="zsh"))
    assert offered(folder, "attncli backward --loss b", kind="fish") == ["bce"]


@pytest.mark.parametrize("line", ["attncli backward --loss b", "attncli forward ", "attncli guide "])
def test_words_load_nothing_that_takes_long(folder: Path, line: str):
    assert not {"numpy", "rich", "yaml"} & set(offered(folder, line, modules=True))
