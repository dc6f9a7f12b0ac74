"""What is close to what was typed is suggested: files, keys, options, tokens."""

import shutil
from pathlib import Path

import pytest

from attncli.report import nearest
from tests.support.running import attncli

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("my.yml", "did you mean 'my.yaml'?"),
        ("my", "did you mean 'my.yaml'?"),
        ("My.json", "did you mean 'my.yaml'?"),
        ("sub/bai.yml", "did you mean 'sub/bài.yaml'?"),
        ("sub/bài", "did you mean 'sub/bài.yaml'?"),
        ("articel", "did you mean 'article'?"),
        ("articel.yaml", "did you mean 'article'?"),
        ("nothing.yaml", "the built-in problems are alibi, article"),
        ("nowhere/my.yml", "the built-in problems are alibi, article"),
    ],
)
def test_a_missing_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, hint: str):
    (tmp_path / "sub").mkdir()
    for name in ("my.yaml", "homework.yaml", "sub/bài.yaml"):
        shutil.copy(CONFIGS / "tiny.yaml", tmp_path / name)
    (tmp_path / "my.txt").write_text("no config")
    monkeypatch.chdir(tmp_path)
    done = attncli("forward", typed)
    assert done.code == 2
    assert f"error: there is no file '{typed}'" in done.err
    assert f"hint: {hint}" in done.err


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("--mask", "did you mean --set mask=true?"),
        ("--mask article", "did you mean --set mask=true?"),
        ("--mask=causal", "did you mean --set mask=causal?"),
        ("--mask my.yaml", "did you mean --set mask=true?"),
        ("--heads 2", "did you mean --set heads=2?"),
        ("--heads --json", "did you mean --set heads=…?"),
        ("--num-heads=4", "did you mean --set heads=4?"),
        ("--scale 1/3", "did you mean --set scale=1/3?"),
        ("--is-causal", "did you mean --set mask=true?"),
        ("--kv-heads 2", "write it under formulas, a line each: Kh = split(K, 2)"),
        ("--d-k 2", "it is the width of Wk"),
        ("--target $x", "did you mean --set target='$x'?"),
        ("--decimal 3", "did you mean --decimals?"),
    ],
)
def test_a_key_that_is_used_as_an_option(typed: str, hint: str):
    for command in ("forward", "explain"):
        done = attncli(command, *typed.split())
        assert done.code == 2
        assert f"error: No such option: {typed.split(maxsplit=1)[0].split('=', maxsplit=1)[0]}" in done.err
        assert f"hint: {hint}" in done.err


def test_a_command_without_set_does_not_suggest_it():
    assert "--set" not in attncli("guide", "--mask").err
    assert attncli("init", "-", "--mask").code == 0


@pytest.mark.parametrize(
    ("word", "token"),
    [
        ("gio", "gió"),
        ("GIÓ", "gió"),
        ("dem", "Đêm"),
        ("DEATH", "Death"),
        ("chêt", "chết"),
        ("O", "ờ"),
        ("Ω", None),
    ],
)
def test_a_token_is_found_without_case_and_accents(word: str, token: str | None):
    tokens = ["Death", "chết", "gió", "Đêm", "ờ"]
    assert nearest(word, tokens) == token
    config = f"{{tokens: [{', '.join(tokens)}], given: {{O: [[1], [1], [1], [1], [1]]}}}}"
    done = attncli("explain", f"O[{word},1]", "-c", "-", stdin=config)
    assert done.code == 2
    assert ("did you mean" in done.err) == bool(token)
    assert f"did you mean {token!r}?" in done.err or token is None
