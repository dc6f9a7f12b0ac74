"""``attncli init``: a config that runs, the same on every machine, and never over another file."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest
import yaml

import attncli
from attncli import files
from attncli.problem.initialise import METHODS, Init
from attncli.problem.sources import builtin_names, configs_folder, read_text
from attncli.problem.starter import COMMENT
from tests.support.running import attncli as run

ISSUE = "--sentence|no one on time|--d-model|4|--heads|2|--init|xavier_uniform|--seed|7".split("|")
# What these options have always given; another NumPy or another machine must give the same.
WQ = [
    [0.16, 0.50, 0.45, 0.00],
    [0.86, -0.81, -0.17, 0.73],
    [-0.26, -0.81, -0.36, -0.15],
    [0.04, -0.26, 0.53, -0.83],
]
X = [[0, 2, 0, 2], [2, 2, 0, 2], [1, 2, 1, 0], [2, 0, 2, 0]]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_issues_own_example() -> None:
    made = run("init", "my.yaml", *ISSUE)
    assert (made.code, made.out) == (0, "")
    assert made.err == "note: wrote my.yaml; next: attncli forward my.yaml\n"
    problem = attncli.load("my.yaml")
    assert problem.tokens == ("no", "one", "on", "time")
    assert problem.givens["Wq"].tolist() == WQ
    assert problem.givens["X"].tolist() == X
    assert run("backward", "my.yaml", "--loss", "mse", "--set", "target=0").code == 0
    assert run("backward", "my.yaml").code == 0
    first = Path("my.yaml").read_bytes()
    assert run("init", "again.yaml", *ISSUE).code == 0
    assert Path("again.yaml").read_bytes() == first
    assert run("init", "other.yaml", *ISSUE[:-1], "8").code == 0
    assert attncli.load("other.yaml").givens["Wq"].tolist() != WQ


def test_a_reader_of_yaml_1_1_gets_the_same_words() -> None:
    sentence = 'no on ~ 1:30 012 "a" \\b yes: # null \u00e1\u0301'
    run("init", "my.yaml", "--sentence", sentence)
    found = yaml.safe_load(Path("my.yaml").read_text(encoding="utf-8"))
    assert found["sentence"] == sentence
    assert attncli.load("my.yaml").tokens == tuple(sentence.split())


def test_words_that_would_act_on_a_screen_are_written_out() -> None:
    run("init", "my.yaml", "--sentence", "a\x1b[31m b\u202e c\x07d")
    text = Path("my.yaml").read_text(encoding="utf-8")
    assert all(char.isprintable() or char == "\n" for char in text)
    assert attncli.load("my.yaml").tokens == ("a\x1b[31m", "b\u202e", "c\x07d")


@pytest.mark.parametrize("method", METHODS)
def test_the_help_names_every_initialiser(method: str) -> None:
    assert re.search(rf"\b{method}\b", run("init", "--help").out.partition("--init METHOD")[2])


@pytest.mark.parametrize("method", METHODS)
def test_every_way_to_draw_stands_with_its_formula(method: str) -> None:
    assert run("init", "my.yaml", "--init", method, "--d-k", "3", "--seed", "3").code == 0
    text = Path("my.yaml").read_text(encoding="utf-8")
    assert f"drawn with {method} and seed 3" in text
    for name, known in METHODS.items():
        assert f"{name} " in text
        assert known.formula in text
    given = attncli.load("my.yaml").givens
    for symbol in ("Wq", "Wk", "Wv"):
        exact = Init(method, 3).fill(symbol, given[symbol].shape)
        assert np.abs(given[symbol] - exact).max() <= 0.005
    assert run("forward", "my.yaml").code == 0


def test_the_numbers_in_the_comments_are_those_that_were_used() -> None:
    scaled = {name: method for name, method in METHODS.items() if method.top}
    assert len(scaled) == 6
    for name, method in scaled.items():
        drawn = Init(name, 1).fill("Wq", (300, 200))
        spread = drawn.std() if "N(" in method.formula else np.abs(drawn).max()
        root = method.formula.partition("√")[2].replace("n_in", "300").replace("n_out", "200")
        assert spread == pytest.approx(eval(root) ** 0.5, rel=0.01)  # noqa: S307 - our own formula
        assert method.worked(300, 200).endswith(f"√{root} = {eval(root) ** 0.5:.4g}")  # noqa: S307
    assert METHODS["xavier_uniform"].formula == "U(−a, a), a = √(6/(n_in + n_out))"
    assert METHODS["xavier_uniform"].worked(4, 2) == "a = √(6/(4 + 2)) = 1"


def test_sizes() -> None:
    sizes = ["--d-model", "6", "--heads", "3", "--d-k", "5", "--d-v", "1", "--mask"]
    assert run("init", "my.yaml", *sizes).code == 0
    problem = attncli.load("my.yaml")
    assert problem.mask is not None
    given = {symbol: value.shape for symbol, value in problem.givens.items()}
    assert given == {"X": (5, 6), "Wq": (6, 15), "Wk": (6, 15), "Wv": (6, 3), "Wo": (3, 6)}
    assert problem.shape("O") == (5, 6)
    one = run("init", "one.yaml", "--d-model", "3", "--d-v", "1")
    assert one.code == 0
    assert attncli.load("one.yaml").shape("O") == (5, 1)
    for name in ("my.yaml", "one.yaml"):
        for loss in ("bce", "mse", "sum"):
            assert attncli.backward(attncli.load(name), loss=loss)["dWq"].shape


def test_a_word_has_its_own_row_and_a_repeated_one_the_same() -> None:
    words = "the cat and the dog and the bird ate what a fox had left for us in that big old red barn"
    run("init", "my.yaml", "--sentence", words, "--d-model", "2")
    rows = {word: set() for word in words.split()}
    for word, row in zip(words.split(), attncli.load("my.yaml").givens["X"].tolist(), strict=True):
        rows[word].add(tuple(row))
    assert all(len(found) == 1 for found in rows.values())
    assert len(set.union(*rows.values())) == len(rows)


def test_small_weights_keep_two_digits_that_count() -> None:
    run("init", "my.yaml", "--d-model", "300", "--d-k", "4", "--init", "he_normal", "--sentence", "a b")
    weights = attncli.load("my.yaml").givens["Wq"]
    exact = Init("he_normal").fill("Wq", weights.shape)
    assert 0 < np.abs(weights - exact).max() <= 0.0005 * 10


@pytest.mark.parametrize("name", builtin_names())
def test_a_template_is_the_built_in_text(name: str) -> None:
    assert run("init", "my.yaml", "--template", name).code == 0
    assert Path("my.yaml").read_bytes() == (configs_folder() / f"{name}.yaml").read_bytes()


@pytest.mark.parametrize("name", builtin_names())
def test_the_comments_of_a_template_follow_the_language_and_its_numbers_do_not(name: str) -> None:
    assert run("init", "my.yaml", "--template", name, "--lang", "vi").code == 0
    copy, original = Path("my.yaml").read_text(encoding="utf-8"), read_text(name).text
    comments = [comment for comment in COMMENT.findall(original) if not re.fullmatch(r"# head .*", comment)]
    assert comments
    assert [comment for comment in comments if comment in copy] == []
    read, meant = (yaml.safe_load(text) for text in (copy, original))
    for config in (read, meant):  # comments may stand behind a formula
        config["formulas"] = re.sub(r" *#.*", "", config.get("formulas", ""))
    assert read == meant


def test_the_comments_of_a_config_of_ones_own_follow_the_language() -> None:
    assert run("init", "vi.yaml", *ISSUE, "--lang", "vi").code == 0
    assert run("init", "en.yaml", *ISSUE).code == 0
    texts = [Path(name).read_text(encoding="utf-8") for name in ("vi.yaml", "en.yaml")]
    assert yaml.safe_load(texts[0]) == yaml.safe_load(texts[1])
    prose = [set(re.findall("# [^:=]*[a-z]{3,} [a-z]{3,}.*", text)) for text in texts]
    assert prose[1]
    assert not prose[0] & prose[1]


def test_blank_takes_words_and_sizes_and_holds_zeros() -> None:
    assert run("init", "my.yaml", "--template", "blank", "--sentence", "a b c", "--heads", "2").code == 0
    problem = attncli.load("my.yaml")
    assert problem.tokens == ("a", "b", "c")
    assert not any(value.any() for value in problem.givens.values())
    assert run("backward", "my.yaml").code == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--template", "article", "--heads", "2"], "--heads does not go with --template article"),
        (["--template", "article", "--mask"], "--mask does not go with --template article"),
        (["--template", "blank", "--seed", "1"], "--seed does not go with --template blank"),
        (["--template", "articel"], "did you mean 'article'?"),
        (["--init", "xavier"], "there is no initialiser 'xavier'"),
        (["--d-model", "5", "--heads", "2"], "2 heads cannot share d_model = 5 equally"),
        (["--heads", "0"], "--heads is 0; expected a whole number from 1"),
        (["--seed", "-1"], "--seed is -1"),
        (["--sentence", "  "], "the sentence holds no words"),
        (["--d-model", "4000"], "too many to write out"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], says: str) -> None:
    outcome = run("init", "my.yaml", *options, COLUMNS="200")
    assert outcome.code == 2
    assert says in outcome.err
    assert not list(Path().iterdir())


def test_a_file_is_never_lost() -> None:
    Path("my.yaml").write_text("mine", encoding="utf-8")
    Path("my.yaml").chmod(0o640)
    refused = run("init", "my.yaml")
    assert refused.code == 2
    assert "already exists" in refused.err
    assert "--force" in refused.err
    assert Path("my.yaml").read_text(encoding="utf-8") == "mine"
    assert run("init", "my.yaml", "--force").code == 0
    assert attncli.load("my.yaml").tokens[0] == "Death"
    assert stat.S_IMODE(Path("my.yaml").stat().st_mode) == 0o640
    assert list(Path().iterdir()) == [Path("my.yaml")]


@pytest.mark.parametrize("file", ["no/such/folder.yaml", ".", "a\0b"])
def test_what_cannot_be_written_is_said(file: str) -> None:
    outcome = run("init", file)
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert "fault" not in outcome.err


def test_a_failure_while_writing_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my.yaml").write_text("mine", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = run("init", "my.yaml", "--force")
    assert outcome.code == 2
    assert "No space left on device" in outcome.err
    assert Path("my.yaml").read_text(encoding="utf-8") == "mine"
    assert list(Path().iterdir()) == [Path("my.yaml")]


def test_a_link_stays_a_link() -> None:
    Path("real.yaml").write_text("mine", encoding="utf-8")
    Path("link.yaml").symlink_to("real.yaml")
    assert run("init", "link.yaml").code == 2
    assert run("init", "link.yaml", "--force").code == 0
    assert Path("link.yaml").is_symlink()
    assert attncli.load("real.yaml").tokens[0] == "Death"


def test_standard_output() -> None:
    outcome = run("init", "-", *ISSUE)
    assert (outcome.code, outcome.err) == (0, "")
    run("init", "my.yaml", *ISSUE)
    assert outcome.out == Path("my.yaml").read_text(encoding="utf-8")


def test_what_to_type_next_can_be_typed() -> None:
    assert "attncli forward 'my file.yaml'" in run("init", "my file.yaml").err
    assert run("init", "other.yaml", "-q").err == ""


def test_a_name_taken_meanwhile_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "check_writable", lambda _path, *, force: force)  # it was free a moment ago
    Path("my.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(attncli.AttnError, match="already exists"):
        files.write_whole("my.yaml", "other", force=False)
    assert Path("my.yaml").read_text(encoding="utf-8") == "mine"
    assert list(Path().iterdir()) == [Path("my.yaml")]


def test_where_there_are_no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    files.write_whole("my.bin", b"\x00\xff", force=False)
    assert Path("my.bin").read_bytes() == b"\x00\xff"
    assert list(Path().iterdir()) == [Path("my.bin")]


def test_a_device_is_written_into_and_stays_one() -> None:
    assert run("init", "/dev/null", "--force").code == 0
    assert not Path("/dev/null").is_file()
