"""``attncli test``: what it takes, what it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

import attncli as library
from attncli.code.report import Ability, Report
from attncli.errors import AttnError
from tests.support.code_reports import FAILED, GOOD, SPLIT, WRONG
from tests.support.running import attncli

USUAL = {
    "mask_true": None,
    "mask": None,
    "weights": None,
    "arrays": "numpy",
    "timeout": 10.0,
    "memory": 4 * 2**30,
    "seed": 0,
}


class Trial:
    """What stands in for trying code: it remembers what was asked, and answers with a report."""

    def __init__(self) -> None:
        self.report: Report = WRONG
        self.asked: tuple[str, str | None, dict[str, object]] | None = None

    def test_file(self, file: str, name: str | None, options: SimpleNamespace) -> Report:
        self.asked = (file, name, vars(options))
        return self.report

    def test(self, _function: object, **_options: object) -> Report:
        return self.report


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    found = Trial()
    module = SimpleNamespace(Options=SimpleNamespace, test_file=found.test_file, test=found.test)
    monkeypatch.setitem(sys.modules, "attncli.code.trial", module)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_attention.py").write_text("def attention(X): ...")
    return found


def test_the_file_alone(trial: Trial):
    done = attncli("test", "my_attention.py")
    assert trial.asked == ("my_attention.py", None, USUAL)
    assert done.out.startswith("my_attention.py, attention: wrong: heads-split-reshape\n")
    assert (done.code, done.err) == (1, "")


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ("--mask-true hide", {"mask_true": "hide"}),
        ("--mask add", {"mask": "add"}),
        ("--weights out-in", {"weights": "out-in"}),
        ("--arrays torch", {"arrays": "torch"}),
        ("--timeout 2", {"timeout": 2.0}),
        ("--memory 500MB", {"memory": 500 * 2**20}),
        ("--memory 1.5GiB", {"memory": 3 * 2**29}),
        ("--memory 2g", {"memory": 2**31}),
        ("--seed 7", {"seed": 7}),
    ],
)
def test_the_options(trial: Trial, options: str, changed: dict[str, object]):
    attncli("test", "my_attention.py:Layer.forward", *options.split())
    assert trial.asked == ("my_attention.py", "Layer.forward", USUAL | changed)


@pytest.mark.parametrize(("report", "code"), [(GOOD, 0), (WRONG, 1), (FAILED, 3)])
def test_the_exit_code_is_the_verdict(trial: Trial, report: Report, code: int):
    trial.report = report
    for style in ([], ["--json"], ["--format", "junit"], ["-q"]):
        assert attncli("test", "my_attention.py", *style).code == code


def test_a_file_whose_name_has_a_colon(trial: Trial, tmp_path: Path):
    (tmp_path / "a:b.py").write_text("")
    attncli("test", "a:b.py")
    assert trial.asked is not None
    assert trial.asked[:2] == ("a:b.py", None)


def test_json(trial: Trial):
    assert json.loads(attncli("test", "my_attention.py", "--json").out) == trial.report.to_dict()
    done = attncli("test", "my_attention.py", "-o", "r.json")
    assert done.out == ""
    assert json.loads(Path("r.json").read_text(encoding="utf-8")) == trial.report.to_dict()
    assert attncli("test", "my_attention.py", "-o", "r.json").code == 1  # a result is replaced


def test_junit(trial: Trial):
    nasty = Ability("padding", 1, 0, "wrong", "\x1b]<&\"'")
    trial.report = replace(WRONG, abilities=(*WRONG.abilities, nasty))
    root = ET.fromstring(attncli("test", "my_attention.py", "-f", "junit").out)  # noqa: S314 - our own
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "5",
        "failures": "2",
        "errors": "1",
    }
    (suite,) = root
    assert (suite.get("name"), suite.get("skipped")) == ("my_attention.py:attention", "1")
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {
        "one-head": [],
        "several-heads": ["failure"],
        "cross": ["skipped"],
        "dWq": ["error"],
        "padding": ["failure"],
    }
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == SPLIT.id
    assert SPLIT.says in (failure.text or "")


def test_right_code_has_no_failure_in_junit(trial: Trial):
    """What becomes of a wholly masked row is reported, and decides nothing."""
    trial.report = replace(
        GOOD, abilities=(*GOOD.abilities[:2], Ability("masked-row", 1, 0, "failed", "raises"))
    )
    attncli("test", "my_attention.py", "-o", "r.xml")
    root = ET.parse("r.xml").getroot()  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "0", "0")


def test_the_example_is_a_config_that_explain_reads(trial: Trial):
    done = attncli("test", "my_attention.py", "--example", "small one.yaml")
    assert "attncli explain -c 'small one.yaml' Qh 'O[2,1]'" in done.out
    assert "--example" not in done.out
    assert "wrote small one.yaml" in done.err
    assert attncli("explain", "-c", "small one.yaml", "Qh", "O[2,1]").code == 0
    written = library.load("small one.yaml")
    assert trial.report.example is not None
    meant = library.load(trial.report.example.config)
    assert written.givens.keys() == meant.givens.keys()
    assert all((written.givens[symbol] == meant.givens[symbol]).all() for symbol in meant.givens)


def test_the_example_is_written_before_the_report(trial: Trial, monkeypatch: pytest.MonkeyPatch):
    """The report may go to ``head``, which breaks the pipe."""

    def broken(*_parts: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("attncli.commands.environment.Environment.show", broken)
    monkeypatch.setattr("attncli.commands.app.discard", lambda _stream: None)
    assert attncli("test", "my_attention.py", "--example", "small.yaml").code == 0
    assert trial.asked is not None
    assert Path("small.yaml").exists()


def test_an_example_is_written_over_nothing(trial: Trial):
    Path("mine.yaml").write_text("a person's")
    done = attncli("test", "my_attention.py", "--example", "mine.yaml")
    assert (done.code, done.out) == (2, "")
    assert "'mine.yaml' already exists" in done.err
    assert trial.asked is None
    assert Path("mine.yaml").read_text() == "a person's"
    assert attncli("test", "my_attention.py", "--example", "mine.yaml", "--force").code == 1
    assert "embeddings" in Path("mine.yaml").read_text(encoding="utf-8")


def test_right_code_has_no_example(trial: Trial):
    trial.report = GOOD
    done = attncli("test", "my_attention.py", "--example", "small.yaml")
    assert done.code == 0
    assert "small.yaml was not written" in done.err
    assert not Path("small.yaml").exists()


@pytest.mark.parametrize("option", ["-o", "--example"])
def test_the_code_is_never_written_over(trial: Trial, option: str):
    os.link("my_attention.py", "link.yaml")
    done = attncli("test", "my_attention.py", option, "link.yaml", "--force", "-f", "json")
    assert done.code == 2
    assert "was read for this run" in done.err
    assert trial.asked is None
    assert Path("my_attention.py").read_text() == "def attention(X): ..."


@pytest.mark.parametrize(
    ("arguments", "found", "hint"),
    [
        ("", "there is no code to test", "name a file"),
        ("my_atention.py", "there is no file 'my_atention.py'", "did you mean 'my_attention.py'?"),
        ("my_attention", "there is no file 'my_attention'", "did you mean 'my_attention.py'?"),
        (".", "'.' is a folder", "name a .py file in it"),
        ("mine.yaml", "is a config or a sheet", "attncli check SHEET CONFIG"),
        ("nowhere.json", "is a config or a sheet", "attncli check SHEET CONFIG"),
        ("mine.npz", "holds numbers", "attncli check mine.npz CONFIG"),
        ("mine.ipynb", "is a notebook", "print(attncli.test(my_function))"),
        ("notes.txt", "does not end in .py", "name a file"),
        ("-", "standard input", "save it to a .py file"),
        ("my_attention.py:3rd", "'3rd' cannot be the name", "my_attention.py:attention"),
        ("my_attention.py:", "'' cannot be the name", "my_attention.py:attention"),
        ("my_attention.py:a.", "'a.' cannot be the name", "my_attention.py:attention"),
        ("my_attention.py --mask-true hides", "--mask-true is 'hides'", "did you mean 'hide'?"),
        ("my_attention.py --mask sub", "--mask is 'sub'", ""),
        ("my_attention.py --mask add --mask-true look", "do not go together", "keep one of them"),
        ("my_attention.py --weights x", "--weights is 'x'", ""),
        ("my_attention.py --arrays jax", "--arrays is 'jax'", ""),
        ("my_attention.py --timeout 0", "--timeout is 0", ""),
        ("my_attention.py --timeout nan", "--timeout is nan", ""),
        ("my_attention.py --timeout inf", "--timeout is inf", ""),
        ("my_attention.py --memory 4", "--memory is '4'", "--memory 4GB"),
        ("my_attention.py --memory 1MB", "--memory is '1MB'", "--memory 4GB"),
        ("my_attention.py --memory 9999999GB", "--memory is '9999999GB'", "--memory 4GB"),
        ("my_attention.py --seed -1", "--seed is -1", ""),
        ("my_attention.py --format xml", "--format is 'xml'", ""),
        ("my_attention.py --json --format junit", "--json does not go with --format junit", "keep one"),
        ("my_attention.py -o report", "--output needs --format json|junit", ""),
        ("my_attention.py -o report.txt", "'.txt' is the ending of no format", ".json, .xml"),
        ("my_attention.py --json -o report.xml --format junit", "does not go with", ""),
        ("my_attention.py --json -o nowhere/report.json", "there is no folder", ""),
        ("my_attention.py --json -o my_attention.py", "was read for this run", ""),
        ("my_attention.py --example small.txt", "a config ends in .yaml or .yml", ""),
        ("my_attention.py --example -", "--example is '-'", "--example small.yaml"),
    ],
)
def test_what_cannot_be_is_told(trial: Trial, arguments: str, found: str, hint: str):
    for name in ("notes.txt", "mine.yaml", "mine.npz", "mine.ipynb"):
        Path(name).write_text("")
    done = attncli("test", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert found in done.err
    assert hint in " ".join(done.err.split())
    assert trial.asked is None


def test_a_path_is_printed_as_text(trial: Trial):
    done = attncli("test", "\x1b[31m.py")
    assert trial.asked is None
    assert "\x1b" not in done.err


def test_the_assertion_for_pytest(trial: Trial):
    from attncli.testing import assert_attention

    with pytest.raises(AssertionError) as caught:
        assert_attention(lambda X: X, mask_true="hide")  # noqa: N803
    assert str(caught.value) == str(trial.report)
    assert caught.traceback[-1].frame.f_locals["__tracebackhide__"]
    trial.report = GOOD
    assert_attention(lambda X: X)  # noqa: N803


def test_what_cannot_be_tried_is_no_failed_assertion(trial: Trial):
    from attncli.testing import assert_attention

    def refuse(_function: object, **_options: object) -> Report:
        raise AttnError("nobody knows u")

    sys.modules["attncli.code.trial"].test = refuse
    with pytest.raises(AttnError, match="nobody knows u") as caught:
        assert_attention(lambda u: u)
    assert caught.traceback[-1].frame.f_locals["__tracebackhide__"]
    assert trial.asked is None


def test_the_name_stays_the_function(trial: Trial):
    """No module of that name takes its place, whatever is imported."""
    import attncli.testing  # noqa: F401

    assert library.test == trial.test
    assert "test" in library.__all__
