import json

import pytest
import yaml

from attncli.errors import AttnError
from attncli.problem import document
from attncli.problem.document import Mapping, Scalar, Sequence, kind, node_at, parse
from attncli.problem.sources import load
from attncli.report import Report
from tests.support.pace import in_time


def plain(node: object) -> object:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(value) for key, (_, value) in node.pairs.items()}
    raise AssertionError(node)


@pytest.fixture(params=sorted({document.Loader, yaml.SafeLoader}, key=str))
def _every_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "Loader", request.param)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: [no, ~, 1:30, 012, 1e-3]", {"a": ["no", "~", "1:30", "012", "1e-3"]}),
        ("\ufeffa: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
        ("a: &x [1, 2]\nb: *x", {"a": ["1", "2"], "b": ["1", "2"]}),
        ("---\na: 1\n...\n", {"a": "1"}),
        ('{\n\t"a":\t[1,\n\t2],"b":"c\\/d"}', {"a": ["1", "2"], "b": "c/d"}),
        (json.dumps({"a": "😀 ề \\ud83d"}), {"a": "😀 ề \\ud83d"}),
        (r'{"a": "\\\ud83d\ude00"}', {"a": "\\😀"}),
        ("a: !!str 1\nb: ! 2", {"a": "1", "b": "2"}),
        ("a: &x 1\nb: *x", {"a": "1", "b": "1"}),
    ],
)
def test_the_text_is_kept_as_it_was_written(text: str, tree: object):
    assert plain(parse(text, "x.yaml")) == tree


@pytest.mark.usefixtures("_every_parser")
def test_brackets_in_text_and_comments_are_not_counted():
    many = "[" * 9000
    text = f"a: [\"{many}\", '{many}'] # {many}\nb: |\n  {many}\nc: x{many}"
    assert plain(parse(text, "x")) == {"a": [many, many], "b": many + "\n", "c": "x" + many}


@pytest.mark.usefixtures("_every_parser")
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("---\n---\na: 1", "2:1", "a second document"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document"),
        ("a: [1, 2\nb: 3", "2:2", "not YAML"),
        ("a: 'x", "1:6", "not YAML"),
        ("a: b: c", "1:5", "not YAML"),
        ("a:\n\tb: 1", "2:1", "not YAML"),
        ("a: 1\nề: \x07", "2:4", "control character U+0007"),
        ("a: \ud800", "1:4", "control character U+D800"),
        ("a: \x85b: \x00", "2:4", "control character U+0000"),
        ("a: *x", "1:4", "*x refers to nothing"),
        ("a: &x [*x]", "1:8", "*x refers to nothing"),
        ("? [a]\n: 1", "1:3", "a key must be a word"),
        ("{a: 1}: 2", "1:1", "a key must be a word"),
        ("[" * 100_000, "1:33", "nested more than 32 deep"),
        ("a: " + "[" * 10_000 + "]" * 10_000, "1:35", "nested more than 32 deep"),
        ("{a: " * 10_000, "1:129", "nested more than 32 deep"),
        ('# ề\r\nề: "[[" # [[\r\nb: ' + "[" * 1500, "3:35", "nested more than 32 deep"),
        ("[{" * 50_000, "1:33", "nested more than 32 deep"),
        ("[\n" * 100_000, "33:1", "nested more than 32 deep"),
        ("- " * 40 + "1", "1:65", "nested more than 32 deep"),
        ("- " * 100_000, "1:65", "nested more than 32 deep"),
        ("? " * 100_000, "1:65", "nested more than 32 deep"),
        ("- " * 20 + "[" * 100_000, "1:53", "nested more than 32 deep"),
        ("".join(" " * i + "a:\n" for i in range(2000)), "33:33", "nested more than 32 deep"),
        ("- &a " + "[" * 20 + "]" * 20 + "\n- " + "[" * 20 + "*a" + "]" * 20, "2:23", "nested more than 32"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, place: str, words: str):
    with pytest.raises(AttnError) as caught:
        parse(text, "x.yaml")
    (one,) = caught.value.errors
    assert str(one.where) == f"x.yaml:{place}"
    assert words in one.message
    assert one.hint


def test_duplicate_keys_and_tags_are_told_together():
    with pytest.raises(AttnError) as caught:
        parse("a: !!binary 1\nb: 2\nb: {c: 1, c: !x [2]}\n", "x.yaml")
    told = [(str(one.where), one.message) for one in caught.value.errors]
    assert [place for place, _ in told] == ["x.yaml:1:4", "x.yaml:3:1", "x.yaml:3:11", "x.yaml:3:14"]
    assert told[1][1] == "the key 'b' appears twice, first on line 2"
    assert "'!x' means nothing" in told[3][1]


def test_a_report_gathers_what_is_no_reason_to_stop():
    report = Report()
    node = parse("a: 1\na: 2", "x", report=report)
    assert plain(node) == {"a": "1"}
    assert len(report.errors) == 1


def test_places_are_counted_in_characters_and_shown_with_their_line():
    node = parse("gió: [ề, 😀, đây]\n", "x")
    at = node_at(node.pairs["gió"][1], 2)
    assert (at.where.line, at.where.column, at.where.length) == (1, 13, 3)
    assert at.where.text == "gió: [ề, 😀, đây]"
    assert node_at(node, 3) is node
    assert node_at(at, 1) is at


def test_odd_line_ends_do_not_shift_the_places():
    node = parse("a: 1\rb: 2\u2028c: [3]", "x").pairs["c"][1]
    assert (node.where.line, node.where.column, node.where.text) == (3, 4, "c: [3]")


def test_a_part_of_a_line_is_shown_as_the_end_of_it():
    node = parse("[1, x]", "--set", shown="Wq=[1, x]")
    assert str(node_at(node, 1).where) == "--set:1:8"
    assert node_at(node, 1).where.text == "Wq=[1, x]"
    for bad in ("[1, *x]", "[1, \x00]", "[1, ]]"):
        with pytest.raises(AttnError) as caught:
            parse(bad, "--set", shown=f"Wq={bad}")
        assert caught.value.errors[0].where.column in {8, 9}


def test_kinds_have_names():
    node = parse("[{}, [], x, ~]", "x")
    assert [kind(item) for item in node.items] == ["a mapping", "a list", "'x'", "blank"]


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 12)),
        "[" + "1," * 250_001 + "]",
    ],
    ids=["laughs", "cells"],
)
def test_what_is_too_large_is_refused_before_it_is_built(text: str):
    with in_time(), pytest.raises(AttnError, match="more than 250,000 values, aliases counted"):
        parse(text, "x")


def test_too_many_lines_or_directives():
    with pytest.raises(AttnError, match="more than 2,000,000 lines"):
        parse("\n" * (document.MAX_LINES + 1), "x")
    with pytest.raises(AttnError, match="more than 16 lines that begin with %"):
        parse("".join(f"%TAG !a{i}! x\n" for i in range(20_000)), "x")


@pytest.mark.parametrize("text", ["", "# only this\n", "~", "---\n"])
def test_a_config_must_hold_something(text: str, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AttnError, match="this config is empty") as caught:
        load(path)
    (one,) = caught.value.errors
    assert one.where is not None
    assert one.where.line in {1, 2}


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_a_key_is_taken_away_by_setting_it_to_nothing(nothing: str):
    assert load("article", ["target=[1, 0, 0]"]).target is not None
    assert load("article", [f"target={nothing}"]).target is None
