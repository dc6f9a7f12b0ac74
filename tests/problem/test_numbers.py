import math
import re

import numpy as np
import pytest

import attncli
from attncli.errors import AttnError
from attncli.problem.document import Leaf, Source, parse
from attncli.problem.numbers import _DIGITS, array, as_number, from_array, minus_infinite
from attncli.report import Report
from tests.support.pace import in_time


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-3", 0.001),
        ("-.5", -0.5),
        ("1/3", 1 / 3),
        ("−2", -2.0),
        ("−1/−4", 0.25),
        ("3⁄4", 0.75),
        ("+7.", 7.0),
        ("012", 12.0),
        (" 2 ", 2.0),
        ("1E+2", 100.0),
        ("1e400", math.inf),
        ("1e400/1e400", math.inf),
    ],
)
def test_numbers_as_people_write_them(text: str, number: float):
    assert as_number(text) == number


@pytest.mark.parametrize(
    "text", ["1_000", "1:30", "0x1F", "0b1", "1,5", "", ".", "e3", "1/", "1//2", "no", "٣", "½", "9" * 401]
)
def test_what_is_no_number(text: str):
    assert as_number(text) is None


def test_division_by_zero_is_not_a_number():
    assert math.isnan(as_number("1/0") or 0.0)


@pytest.mark.parametrize("text", ["-inf", "-.inf", "-Infinity", "-∞", "−∞", "−inf"])
def test_minus_infinity(text: str):
    assert minus_infinite(text)


@pytest.mark.parametrize("text", ["inf", "+inf", "-nan", "nan", "-1", "infinite", "- inf"])
def test_not_minus_infinity(text: str):
    assert not minus_infinite(text)


def read(text: str, **how: bool) -> tuple[object, list[tuple[str, str]]]:
    report = Report()
    values = array(parse(text, "x"), "Wq", report, **how)
    assert (values is None) == bool(report.errors)
    told = [(f"{one.where.line}:{one.where.column}", one.message) for one in report.errors if one.where]
    return (None if values is None else values.tolist()), told


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2", 2.0),
        ("[1, 1/2]", [1.0, 0.5]),
        ('[["1", 2], [3, 4]]', [[1.0, 2.0], [3.0, 4.0]]),
        ("- [1]\n- [2]", [[1.0], [2.0]]),
        ("[[[1, 2]], [[3, 4]]]", [[[1.0, 2.0]], [[3.0, 4.0]]]),
        ("&a [[1], *b]".replace("*b", "[2]"), [[1.0], [2.0]]),
    ],
)
def test_lists_become_arrays(text: str, values: object):
    assert read(text) == (values, [])


@pytest.mark.parametrize(
    ("text", "places", "words"),
    [
        ("[[1, 2], [3], [4, 5]]", ["1:10"], "Wq row 2 has 1 number; the others have 2"),
        ("[[1, 2], [3]]", ["1:10"], "Wq row 2 has 1 number; the other has 2"),
        ("[[[1], [2]], [[3]]]", ["1:14"], "Wq matrix 2 has 1 row; the other has 2"),
        ("[[[1]], [[1, 2]], [[3]]]", ["1:9"], "Wq matrix 2 has 2 columns; the others have 1"),
        ("[[[1, 2], [3]], [[1, 2], [3, 4]]]", ["1:11"], "Wq matrix 1 row 2 has 1 number; the other has 2"),
        ("[[1, x], [1_000, 2]]", ["1:6", "1:11"], "Wq[1,2] is 'x', which is not a number"),
        ("[[1:30]]", ["1:3"], "Wq[1,1] is '1:30', which is not a number"),
        ("[[1, ~]]", ["1:6"], "Wq[1,2] is blank; expected a number"),
        ("[[1], ~]", ["1:7"], "Wq[2] is blank; expected a number"),
        ("[[.nan]]", ["1:3"], "Wq[1,1] is .nan; expected a finite number"),
        ("[[-inf, ∞]]", ["1:3", "1:9"], "Wq[1,1] is -inf; expected a finite number"),
        ("[[1e999]]", ["1:3"], "Wq[1,1] is too large for float64"),
        ("[[1/0]]", ["1:3"], "Wq[1,1] divides by zero"),
        ("[[{a: 1}]]", ["1:3"], "Wq[1,1] is a mapping; expected a matrix"),
        ("{a: 1}", ["1:1"], "Wq is a mapping; expected a matrix"),
        ("[[[[1]]]]", ["1:4"], "Wq[1,1,1] is nested too deep; expected a number"),
        ("[]", ["1:1"], "Wq is empty"),
        ("[[1], []]", ["1:7"], "Wq[2] is empty"),
        ("[[1, 2], 3]", ["1:10"], "Wq mixes rows with single numbers"),
        ("[[[1]], [2]]", ["1:9"], "Wq mixes matrices with rows or numbers"),
    ],
)
def test_every_odd_place_is_told(text: str, places: list[str], words: str):
    values, told = read(text)
    assert values is None
    assert [place for place, _ in told] == places
    assert told[0][1].startswith(words)


def test_the_hint_shows_how_the_number_is_written():
    def hint(text: str) -> str:
        report = Report()
        array(parse(text, "x"), "Wq", report)
        return report.errors[0].hint

    assert "without _" in hint("[1_000]")
    assert "without _" in hint('["1 5", 2]')
    assert hint('["1,5"]') == "write 1.5"
    assert "1/3" in hint("[x]")


def test_blank_rows_and_minus_infinity_only_where_they_are_allowed():
    values, _ = read("[[1, 2], ~]", blank_rows=True)
    assert str(values) == "[[1.0, 2.0], [nan, nan]]"
    values, _ = read("[~, [[1], [2]]]", blank_rows=True)
    assert str(values) == "[[[nan], [nan]], [[1.0], [2.0]]]"
    assert str(read("[0, ~]", blank_rows=True)[0]) == "[0.0, nan]"
    assert str(read("[~, ~]", blank_rows=True)[0]) == "[nan, nan]"
    assert [place for place, _ in read("[[1, ~]]", blank_rows=True)[1]] == ["1:6"]


def test_minus_infinity_in_a_matrix():
    assert read("[[-inf, −∞]]", minus_infinity=True) == ([[-math.inf, -math.inf]], [])
    assert read("[[inf]]", minus_infinity=True)[1][0][0] == "1:3"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (np.array([1j]), "is an array of complex128"),
        (np.array(["1"]), "is an array of <U1"),
        (np.zeros((1, 1, 1, 1)), "has the shape (1, 1, 1, 1)"),
        (np.zeros((0, 2)), "has the shape (0, 2)"),
        (np.array([[1, np.nan]]), "Wq[1,2] is nan"),
        (np.array([[1, -np.inf]]), "Wq[1,2] is -inf"),
        (np.array(np.inf), "Wq is inf"),
    ],
)
def test_arrays_that_hold_no_numbers(found: np.ndarray, words: str):
    report = Report()
    assert from_array(Leaf(source=Source("x"), array=found), "Wq", report) is None
    assert words in report.errors[0].message


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f8", "g", "i1", "u8", "?", "<i4"])
def test_arrays_of_every_type_are_copied_as_float64(dtype: str):
    found = np.array([[0, 1]]).astype(dtype)
    values = from_array(Leaf(source=Source("x"), array=found), "Wq", Report())
    assert values is not None
    assert values.dtype == np.float64
    assert values.tolist() == [[0.0, 1.0]]
    assert not np.shares_memory(values, found)


def test_more_mistakes_than_anyone_reads_end_the_reading():
    with pytest.raises(AttnError) as caught:
        attncli.load({"embeddings": [["x"] * 300]})
    assert len(caught.value.errors) == 200


@pytest.mark.parametrize(
    ("text", "places", "words"),
    [
        ("[[1, [1]], [0, 1]]", ["1:6"], "Wq[1,2] is a list; expected a number"),
        ("[[1, 0], [[0, 1]], [1, 1]]", ["1:11"], "Wq[2,1] is a list; expected a number"),
        ("[1, 2, [3]]", ["1:8"], "Wq[3] is a list; expected a number"),
        ("[[1, 2], [3, 4], 5, 6]", ["1:18", "1:21"], "Wq mixes rows with single numbers"),
        ("[[[1], [2]], [[3], 4]]", ["1:20"], "Wq[2] mixes rows with single numbers"),
        ("[[[1], [2]], [[3], [4]], [5]]", ["1:26"], "Wq mixes matrices with rows or numbers"),
    ],
)
def test_the_odd_one_is_blamed_and_not_those_beside_it(text: str, places: list[str], words: str):
    test_every_odd_place_is_told(text, places, words)


@pytest.mark.parametrize("text", ["1" * 200_000, "1" * 199_999 + "x", "1." * 100_000, "1_" * 100_000])
def test_a_very_long_number_is_refused_at_once(text: str):
    with in_time(50):
        values, told = read(f"[{text}]")
    assert values is None
    assert told == [("1:2", "Wq[1] is written with 200,000 characters")]


def test_a_long_run_of_digits_and_commas_is_read_in_linear_time():
    with in_time(50):
        assert re.fullmatch(f"{_DIGITS}([_,' ]{_DIGITS})+", "1" * 200_000 + "x") is None
