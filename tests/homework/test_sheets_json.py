import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attncli.homework import sheet as sheets
from attncli.homework.answer import read_answer
from attncli.homework.sheet import Sheet, from_json, from_yaml, read_sheet


def read(text: str) -> Sheet:
    return read_sheet(text.encode(), "x.yaml")


def same(one: Sheet, other: Sheet) -> None:
    assert (one.student, one.notes) == (other.student, other.notes)
    assert list(one.answers) == list(other.answers)
    for left, right in zip(one.answers.values(), other.answers.values(), strict=True):
        assert (left.texts, left.decimals, left.fault) == (right.texts, right.decimals, right.fault)
        for name in ("values", "blank", "unreadable", "exact"):
            np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
            assert getattr(left, name).dtype == getattr(right, name).dtype


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[1, 2, 3], [4, 5]]", "row 2 has 2 cells; row 1 has 3"),
        ("[[[1], [2]], [[3], [4, 5]]]", "row 2,2 has 2 cells; row 1,1 has 1"),
        ("[[[1], [2]], [[3]]]", "row 2 has 1 cells; row 1 has 2"),
        ("[[1], 2]", "some of its rows are lists and some are not"),
        ("[1, [2]]", "some of its rows are lists and some are not"),
        ("[[1], {}]", "some of its rows are lists and some are not"),
        ("{a: 1}", "a mapping stands where a number belongs"),
        ("[1, {a: 1}]", "a mapping stands where a number belongs"),
        ("[[[[1]]]]", "nested more than 3 deep"),
        ("[" * 20 + "]" * 20, "nested more than 3 deep"),
    ],
)
def test_one_answer_that_has_no_shape_leaves_the_others(text: str, words: str):
    sheet = read(f"answers: {{S: {text}, L: 1.5}}")
    assert words in sheet.answers["S"].fault
    assert sheet.answers["S"].texts == ()
    assert sheet.answers["S"].values.size == 0
    assert sheet.answers["L"].values == 1.5
    quick = from_json(b"", '{"answers": {"S": ' + text.replace("a:", '"a":') + ', "L": 1.5}}')
    assert quick is not None
    same(quick, sheet)


def test_plain_json_never_meets_the_yaml_parser(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(sheets, "parse")
    text = (
        '\n{"student": "Nguyễn [K65] (1)", "answers": {"A": [[[0.5, 1e-05], [null, -Infinity]]]}, "x": [{}]}'
    )
    assert read(text).answers["A"].decimals == 5
    assert read(text).answers["A"].values.shape == (1, 2, 2)


NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.decimals(-10, 10, places=4).map(float),
    st.integers(-(10**20), 10**20),
    st.sampled_from(["0.50", "1/3", "−2", "", "~", "?", "abc", "-∞", " 1 ", "0,5", "\t", "1\n2"]),
    st.none(),
    st.booleans(),
)
TREES = st.recursive(
    NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
    max_leaves=12,
)
MATRICES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=4)
)
NAMES = st.text(
    st.characters(
        codec="utf-8", exclude_characters=["\x7f", *map(chr, range(0x80, 0xA0)), "\u2028", "\u2029", "\ufeff"]
    ),
    max_size=12,
)


@given(
    student=st.none() | st.booleans() | st.integers() | NAMES,
    answers=st.dictionaries(NAMES | st.sampled_from("SAL"), TREES | MATRICES, max_size=4),
    extra=st.dictionaries(NAMES, TREES, max_size=2),
    ascii_only=st.booleans(),
    indent=st.none() | st.integers(0, 2),
)
@example(student="😀", answers={"S": [[0.5, 1e-7], [2, "😀"]]}, extra={}, ascii_only=True, indent=1)
def test_both_ways_of_reading_json_agree(student, answers, extra, ascii_only, indent):
    record = {**extra, "student": student, "answers": answers}
    text = json.dumps(record, ensure_ascii=ascii_only, indent=indent)
    slow = from_yaml(text, "x")
    quick = from_json(text.encode(), text)
    if quick is not None:
        same(quick, slow)
    same(read(text), slow)


@given(st.lists(st.decimals(-100, 100, allow_nan=False), min_size=1, max_size=8), st.integers(0, 9))
def test_quick_numbers_are_those_read_one_by_one(numbers, places):
    texts = [f"{number:.{(places * i) % 7}f}" for i, number in enumerate(numbers)]
    quick, slow = read_answer(texts), read_answer([*texts, "~"])
    assert quick is not None
    assert slow is not None
    assert quick.values.tolist() == slow.values.tolist()[:-1] == list(map(float, texts))
    assert quick.decimals == slow.decimals == max(len(text.partition(".")[2]) for text in texts)
