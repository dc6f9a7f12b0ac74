import io
import json
import struct
import zipfile

import numpy as np
import pytest

from attncli.errors import AttnError
from attncli.homework.sheet import MAX_BYTES, Sheet, from_options, read_sheet
from tests.support.pace import in_time


def read(text: str) -> Sheet:
    return read_sheet(text.encode(), "x.yaml")


def refused(data: bytes | str) -> AttnError:
    with in_time(), pytest.raises(AttnError) as caught:
        read_sheet(data.encode() if isinstance(data, str) else data, "x.yaml")
    return caught.value.errors[0]


def test_a_name_has_an_end():
    assert read(f"student: {'x' * 200}\nanswers: {{}}").student == "x" * 200
    for text in (f"student: {'x' * 201}\nanswers: {{}}", json.dumps({"student": "x" * 201, "answers": {}})):
        error = refused(text)
        assert "longer than 200 characters" in error.message
        assert error.where.line == 1
    assert "student is a list" in refused("student: [a]\nanswers: {}").message
    assert "student is a mapping" in refused('{"student": {}, "answers": {}}').message


def test_a_sheet_brings_no_settings_of_its_own():
    for text in (
        "score: 10\nanswers: {S: 1}\ntolerance: 9\nanwsers: {}\n",
        '{"score": 10, "answers": {"S": 1}, "tolerance": 9, "anwsers": {}}',
    ):
        assert read(text).notes == (
            "the sheet's key 'score' is not read",
            "the sheet's key 'tolerance' is not read",
            "the sheet's key 'anwsers' is not read; did you mean 'answers'?",
        )
    notes = read(json.dumps({"answers": {}, **{f"k\x1b{i}" + "x" * 50: 1 for i in range(20_000)}})).notes
    assert len(notes) == 11
    assert notes[-1] == "more than 10 keys of the sheet are not read"
    assert max(map(len, notes)) < 100
    assert "\x1b" not in "".join(notes)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("student: a\nanwsers: {S: 1}", "2:1", "unknown key 'anwsers'", "did you mean 'answers'?"),
        ('{"Answers": {"S": 1}}', "1:2", "unknown key 'Answers'", "did you mean 'answers'?"),
        ("student: a\n", "1:1", "this sheet has no answers", "write answers:"),
        ("S", "1:1", "a sheet is a mapping of keys to values; this is a word", "write answers:"),
        ("[1, 2]", "1:1", "this is a list", "write answers:"),
        ("answers: [1, 2]", "1:10", "answers is a list", "write answers:"),
        ('{"answers": 5}', "1:13", "answers is '5'", "write answers:"),
    ],
)
def test_a_sheet_without_answers_is_refused(text: str, place: str, message: str, hint: str):
    error = refused(text)
    assert str(error.where) == f"x.yaml:{place}"
    assert message in error.message
    assert hint in error.hint


def test_an_empty_sheet_is_refused():
    for text in ("", "~", "# nothing yet\n"):
        assert refused(text).message == "this sheet is empty"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"answers": {"S": 1, "L": 2, "S": 3}}', "1:30", "'S' appears twice"),
        ('{"answers": {},\n "answers": {}}', "2:2", "'answers' appears twice"),
        ("answers:\n  S: 1\n  S: 2\n", "3:3", "'S' appears twice"),
        ("answers: {}\n---\nanswers: {}\n", "2:1", "a second document"),
        ('{"answers": {}} {}', "1:17", "not YAML"),
        ('{"answers": {"S": "\x07"}}', "1:20", "control character U+0007"),
        ('{"answers": {"S": "\x7f"}}', "1:20", "control character U+007F"),
        ('{"answers": {"S": "ề\x9b"}}', "1:21", "control character U+009B"),
        ('{"student": "\\ud800", "answers": {}}', "1:16", "not YAML"),
        ("answers: {S: !!binary 1}", "1:14", "the tag"),
        ("answers: {S: *x}", "1:14", "*x refers to nothing"),
        ('{"answers": {"S": ' + "[" * 100_000, "1:49", "nested more than 32 deep"),
        ('{"answers": {"S": ' + "[" * 900 + "]" * 900 + "}}", "1:49", "nested more than 32 deep"),
        ("[" * 100_000, "1:33", "nested more than 32 deep"),
        ("answers: {S: ?", "1:15", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, place: str, words: str):
    error = refused(text)
    assert str(error.where) == f"x.yaml:{place}"
    assert words in error.message


def test_the_line_is_shown_as_the_student_wrote_it():
    assert refused("answers: {S: [?, 1], S: 2}").where.text == "answers: {S: [?, 1], S: 2}"
    where = refused(r'{"student": "\ud83d\ude00", "answers": {}, "answers": {}}').where
    assert (where.column, where.text) == (33, '{"student": "😀", "answers": {}, "answers": {}}')


def test_encodings():
    assert read_sheet(b'\xef\xbb\xbf{"answers": {"S": 1}}', "x").answers["S"].values == 1
    assert read_sheet(b"\xef\xbb\xbfanswers: {S: 1}", "x").answers["S"].values == 1
    for text in ("answers: {S: 1} # ề", '{"answers": {"S": 1}}'):
        for order in ("utf-16", "utf-16-be"):
            data = text.encode(order)
            data = data if order == "utf-16" else b"\xfe\xff" + data
            assert read_sheet(data, "x").answers["S"].values == 1
    assert "is not UTF-16, though" in refused(b"\xff\xfea").message
    assert "not UTF-8" in refused(b"answers:\n  S: \xff").message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" " * (MAX_BYTES + 1), "x.yaml is larger than 4 MiB"),
        ('{"answers": {"S": [' + "1," * (5 * 2**19), "x.yaml is larger than 4 MiB"),
        ('{"answers": {"S": [' + "1," * 100_000 + "1]}}", "more than 100,000 values"),
        ('{"answers": {"S": [' + "[]," * 100_000 + "[]]}}", "more than 100,000 values"),
        ("answers:\n  S:\n" + "  - 1\n" * 100_001, "more than 100,000 values"),
        (
            "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 12)),
            "more than 100,000 values",
        ),
    ],
    ids=["bytes", "json bytes", "json cells", "json lists", "yaml cells", "laughs"],
)
def test_what_is_too_large_is_refused_before_it_is_built(text: str, words: str):
    error = refused(text)
    assert words in error.message
    assert error.hint == "a sheet holds the quantities of one page"


def test_a_long_text_that_is_named_often_stays_small():
    text = "a: &a '" + "x" * (3 * 2**20) + "'\nanswers:\n  S: [" + "*a, " * 50_000 + "1]\n"
    with in_time():
        found = read(text).answers["S"]
    assert found.unreadable.sum() == 50_000
    assert max(map(len, found.texts)) == 41


def test_answers_on_the_command_line_that_are_none():
    with pytest.raises(AttnError) as caught:
        from_options(["S", "=1", "L=1", "L=2", "A=[[1", "K=" + "[" * 100])
    told = [(one.message, one.where and str(one.where)) for one in caught.value.errors]
    assert ("'S' is not QUANTITY=NUMBERS", None) in told
    assert ("'=1' is not QUANTITY=NUMBERS", None) in told
    assert ("'L' is answered twice", None) in told
    assert any("not YAML" in message and where.startswith("--answer:") for message, where in told if where)
    assert ("this is nested more than 32 deep", "--answer:1:35") in told
    assert len(told) == 5


def test_pasted_text_that_is_named_often_takes_little_time():
    long = "1 2 " + "x " * 2**19
    for use in ("*a", "[*a]", "[*a, *a, *a]"):
        text = f"a: &a '{long}'\nanswers:\n" + "".join(f"  S{i}: {use}\n" for i in range(15_000))
        with in_time():
            answers = read(text).answers
        assert sum("more is pasted here" in one.fault for one in answers.values()) > 14_000 or use != "*a"


@pytest.mark.parametrize(
    "text",
    [
        "answers:\n  A: |\n         Death  is\n    Death  0.89 0.11\n    is  0.33 0.67\n",
        "answers:\n  A: [[0.89 0.11]\n   [0.33 0.67]]\n",
        "answers:\n  A:\n    | 0.89 | 0.11 |\n    |---|---|\n    | 0.33 | 0.67 |\n",
        "answers:\n  A: |\n0.89 0.11\n0.33 0.67\n",
        "answers:\n  A:\n\t0.89\t0.11\n\t0.33\t0.67\n",
    ],
)
def test_a_pasted_table_that_yaml_refuses_gets_a_hint(text: str):
    error = refused(text)
    assert "not YAML" in error.message
    assert "goes below a | as in  A: |" in error.hint


def test_other_mistakes_get_no_such_hint():
    for text in ("answers: {S: [[1, 2], [3, 4]", "answers:\n  S: 'x\n", "answers: {S: ?"):
        assert "goes below" not in refused(text).hint


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_arrays_are_a_sheet():
    sheet = read_sheet(
        npz(
            S=np.float32([[0.71, 1]]),
            L=np.float64(3.5),
            dbq=np.array([1, 2]),
            student=np.array("Hoà"),
            B=["0,5"],
            C=[1j],
        ),
        "x.npz",
    )
    assert sheet.student == "Hoà"
    assert list(sheet.answers) == ["S", "L", "dbq", "B", "C"]
    assert sheet.answers["S"].texts == ("0.71", "1.0")
    assert sheet.answers["S"].precision == np.finfo(np.float32).eps
    assert (sheet.answers["L"].values, sheet.answers["dbq"].precision) == (3.5, None)
    assert sheet.answers["B"].values == [0.5]
    assert "an array of complex128" in sheet.answers["C"].fault


def header_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("S.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**24) + b" " * 2**24)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: npz(S=np.zeros((1000, 1000))), "unpacks to 8,000,128 bytes"),
        (lambda: npz(S=np.zeros(60_000), A=np.zeros(60_000)), "A' unpacks to 480,128 bytes"),
        (header_bomb, "unpacks to"),
        (lambda: npz(S=np.array([{}], object)), "holds Python objects"),
        (lambda: npz(**{f"x{i}": 1 for i in range(501)}), "holds 501 arrays"),
        (lambda: npz(S=np.ones(3))[:-30], "cannot be read"),
        (npz, "holds 0 arrays"),
        (lambda: b"\x93NUMPY\x01\x00", "holds one array, and no name of a quantity"),
        (lambda: b"PK\x03\x04" + b"\0" * MAX_BYTES, "larger than 4 MiB"),
    ],
)
def test_what_no_sheet_of_arrays_may_be(make, words: str):
    error = refused(make())
    assert words in error.message
