import json
import math

import numpy as np
import pytest
import yaml

from attncli.errors import AttnError
from attncli.homework.answer import MAX_DECIMALS, Answer
from attncli.homework.sheet import Sheet, from_mapping, from_options, read_sheet


def read(text: str) -> Sheet:
    return read_sheet(text.encode(), "x.yaml")


def answer(text: str) -> Answer:
    return read("answers:\n  S: " + text).answers["S"]


def test_a_sheet_is_read_as_it_was_written():
    sheet = read(
        "student: B20DCCN001\nanswers:\n  S: [[2, 1], [0, 2]]\n"
        "  A: [[0.730, 0.27], [~, ?]]\n  dbq: [1, -2]\n  L: 3.21\n"
    )
    assert sheet.student == "B20DCCN001"
    assert sheet.notes == ()
    assert list(sheet.answers) == ["S", "A", "dbq", "L"]
    assert {name: one.values.shape for name, one in sheet.answers.items()} == {
        "S": (2, 2),
        "A": (2, 2),
        "dbq": (2,),
        "L": (),
    }
    assert [one.decimals for one in sheet.answers.values()] == [0, 3, 0, 2]
    a = sheet.answers["A"]
    assert a.texts == ("0.730", "0.27", "~", "~")
    assert a.blank.tolist() == [[False, False], [True, True]]
    assert not a.unreadable.any()
    np.testing.assert_array_equal(a.values, [[0.73, 0.27], [np.nan, np.nan]])


def test_heads_come_first():
    found = answer("[[[1, 2, 3]], [[4, 5, 6]]]")
    assert found.values.shape == (2, 1, 3)
    assert found.texts == ("1", "2", "3", "4", "5", "6")


@pytest.mark.parametrize(
    ("written", "student"),
    [
        ("012", "012"),
        ("1e3", "1e3"),
        ("no", "no"),
        ("Nguyễn Thị Ề", "Nguyễn Thị Ề"),
        ("'  B 1 '", "B 1"),
        ("~", None),
        ("", None),
        ("''", None),
        ('"[red]\\x1b[31m"', "[red]\x1b[31m"),
        ("'what ?, me'", "what ?, me"),
        ('"what ?, me"', "what ?, me"),
    ],
)
def test_a_student_is_text(written: str, student: str | None):
    assert read(f"student: {written}\nanswers: {{}}").student == student


@pytest.mark.parametrize(
    ("student", "found"),
    [(20200001, "20200001"), (1.50, "1.5"), (True, "true"), (None, None), ("😀\x1b", "😀\x1b")],
)
def test_a_student_in_json(student: object, found: str | None):
    assert read(json.dumps({"student": student, "answers": {}})).student == found


@pytest.mark.parametrize(
    ("text", "value", "decimals", "exact"),
    [
        ("0.50", 0.5, 2, False),
        (".5", 0.5, 1, False),
        ("5.", 5, 0, False),
        ("+3", 3, 0, False),
        ("−2.0", -2, 1, False),
        ("1e-3", 1e-3, 3, False),
        ("1.5E−2", 1.5e-2, 3, False),
        ("1.25e1", 12.5, 1, False),
        ("2e5", 2e5, 0, False),
        ("1/3", 1 / 3, 0, True),
        ("-3⁄4", -0.75, 0, True),
        ("29/100", 0.29, 2, False),
        ("'0,5'", 0.5, 1, False),
        ("73%", 0.73, 2, False),
        ("'73,1 %'", 0.731, 3, False),
        ("-oo", -math.inf, 0, False),
        ("-Infinity", -math.inf, 0, False),
        ("–∞", -math.inf, 0, False),
        ("'- \\infty'", -math.inf, 0, False),
        ("2.70×10⁻²", 0.027, 4, False),
        ("-1.5x10^1", -15, 0, False),
        ("'1.5·10^{-3}'", 0.0015, 4, False),
        ("-10^9", -1e9, 0, False),
        ("１２．５０", 12.5, 2, False),
        ("'\u00a0–\u20093.0'", -3, 1, False),
        ("'0.25'", 0.25, 2, False),
        ("-inf", -math.inf, 0, False),
        ("-∞", -math.inf, 0, False),
        ("−∞", -math.inf, 0, False),
        ("-.inf", -math.inf, 0, False),
        ("1e-300", 1e-300, 300, False),
        ("0." + "3" * 350, 1 / 3, MAX_DECIMALS, False),
        ("0e-" + "9" * 300, 0, MAX_DECIMALS, False),
    ],
)
def test_a_number_is_read_with_its_decimals(text: str, value: float, decimals: int, exact: bool):  # noqa: FBT001
    for found in (answer(text), answer(f"[{text}, ~]")):
        assert found.values.flat[0] == value
        assert found.decimals == decimals
        assert found.exact.flat[0] == exact
        assert not (found.blank | found.unreadable).flat[0]
        whole = yaml.safe_load(f"[!!str {text}]")[0]
        assert found.texts[0] == (whole if len(whole) <= 40 else whole[:40] + "…")


def test_how_far_a_cell_may_be_off_stands_in_its_own_text():
    found = answer("[1/3, 244.69/504.14, 29/100, 0.5, 2/0.05, ~]")
    spread = [0, (0.005 + 244.69 / 504.14 * 0.005) / 504.14, math.nan, math.nan, 40 * 0.005 / 0.05, math.nan]
    np.testing.assert_allclose(found.spread, spread)
    assert found.exact.tolist() == [True] + [False] * 5
    assert found.decimals == 2
    assert answer("[0.5, ~, 29/100]").spread is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_tells_its_precision(dtype: type):
    numbers = np.array([[0.71, 1.41], [-np.inf, 1e-5]], dtype)
    answers = {"S": numbers, "L": dtype(3.14), "A": numbers.tolist(), "K": np.array([[1, 2]])}
    sheet = from_mapping({"answers": answers})
    assert list(sheet.answers) == ["S", "L", "A", "K"]
    assert sheet.answers["S"].precision == sheet.answers["L"].precision == np.finfo(dtype).eps
    assert sheet.answers["S"].texts[:2] == ("0.71", "1.41")
    assert sheet.answers["L"].values.shape == ()
    assert sheet.answers["A"].precision is sheet.answers["K"].precision is None


@pytest.mark.parametrize("text", ["", "~", "null", "?", "''", "'?'", "' '", "[]", "[[], []]", "? # later"])
def test_an_answer_that_is_blank_is_none(text: str):
    assert read(f"answers:\n  S: {text}\n  L: 1").answers.keys() == {"L"}


@pytest.mark.parametrize("text", ["~", "null", "''", "?", "'?'"])
def test_a_blank_cell_stays_in_its_place(text: str):
    for found in (answer(f"[0.5,{text}]"), answer(f"[ 0.5 , {text} ]"), answer(f"\n  - 0.5\n  - {text}\n")):
        assert found.blank.tolist() == [False, True]
        assert not found.unreadable.any()
        assert np.isnan(found.values).tolist() == [False, True]
        assert found.decimals == 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            "NaN",
            ".nan",
            "inf",
            "+inf",
            "∞",
            "abc",
            "true",
            "1e400",
            "-1e999",
            "1/0",
            "1_000",
            "1:30",
            "1/2/3",
            "1e999/2",
            "×10^2",
        ),
        *("0x1F", "x y 2", "١٢", "1..2", "--1", "e5", "9" * 401, "0" * 301 + ".5" + "0" * 100),
    ],
)
def test_what_is_no_number_is_an_unreadable_cell(text: str):
    for found in (answer(text), answer(f"[{text}, 0.25]")):
        assert found.unreadable.flat[0]
        assert np.isnan(found.values.flat[0])
        assert not found.blank.any()
        assert not found.fault
        assert len(found.texts[0]) <= 41
        assert found.texts[0][:40] == text.strip("'")[:40]
    assert found.values[1] == 0.25
    assert found.decimals == 2


def test_what_json_has_besides_numbers():
    found = read('{"answers": {"S": [NaN, Infinity, -Infinity, true, null, "0.5", "\\u22122", 1E999]}}')
    found = found.answers["S"]
    assert found.texts == ("NaN", "Infinity", "-Infinity", "true", "null", "0.5", "−2", "1E999")
    assert found.unreadable.tolist() == [True, True, False, True, False, False, False, True]
    assert found.blank.tolist() == [False] * 4 + [True] + [False] * 3
    assert found.values[[2, 5, 6]].tolist() == [-math.inf, 0.5, -2]


@pytest.mark.parametrize("digits", ["9" * 309, "9" * 400, "1e309"])
def test_a_number_beyond_float64_is_never_infinite(digits: str):
    assert read(json.dumps({"answers": {"S": [0]}}).replace("0", digits)).answers["S"].unreadable.all()


def test_answers_may_all_be_blank():
    for text in ("answers:", "answers: ~", '{"answers": null}', '{"answers": {}}', "answers: {S: ~}"):
        assert read(text).answers == {}


def test_the_largest_sheet_is_read():
    cells = 90_000
    sheet = read('{"answers": {"S": [' + ",".join(["0.125"] * cells) + "]}}")
    assert sheet.answers["S"].values.shape == (cells,)
    assert sheet.answers["S"].decimals == 3


def test_answers_on_the_command_line():
    sheet = from_options(["S=[[2, 1], [?, 2]]", " L = 3.210", "A=?", "K="])
    assert sheet.student is None
    assert list(sheet.answers) == ["S", "L"]
    assert sheet.answers["S"].blank.tolist() == [[False, False], [True, False]]
    assert sheet.answers["L"].decimals == 3


def test_a_mapping_of_python():
    sheet = from_mapping(
        {
            "student": 7,
            "answers": {
                "S": np.array([[2, 1.25], [0, 2]]),
                "A": [[0.5, None], ["1/3", "?"]],
                "L": np.float64(3.5),
                "P": np.array([1, 2]),
                "M": [[-math.inf, math.nan]],
                "K": [[1, 2], [3]],
                "Z": None,
                "V": np.zeros((1, 1, 1, 1)),
            },
            "score": 3,
        }
    )
    assert sheet.student == "7"
    assert sheet.notes == ("the sheet's key 'score' is not read",)
    assert list(sheet.answers) == ["S", "A", "L", "P", "M", "K", "V"]
    assert sheet.answers["S"].values.tolist() == [[2, 1.25], [0, 2]]
    assert sheet.answers["S"].decimals == 2
    assert sheet.answers["A"].blank.tolist() == [[False, True], [False, True]]
    assert sheet.answers["A"].exact.tolist() == [[False, False], [True, False]]
    assert (sheet.answers["L"].values, sheet.answers["L"].decimals) == (3.5, 1)
    assert sheet.answers["P"].texts == ("1", "2")
    assert sheet.answers["M"].values[0, 0] == -math.inf
    assert sheet.answers["M"].unreadable.tolist() == [[False, True]]
    assert "row 2 has 1 cells" in sheet.answers["K"].fault
    assert "nested more than 3" in sheet.answers["V"].fault
    endless: list[object] = []
    endless.append(endless)
    for bad in ({}, [], {"answers": 5}, {"answers": {"S": endless}}, {"answers": {"S": object()}}):
        with pytest.raises(AttnError):
            from_mapping(bad)


@pytest.mark.parametrize(
    "text",
    [
        "\n    0.89 0.11\n    0.33 0.67",
        " |\n    0.89 0.11\n    0.33 0.67",
        " >\n    0.89 0.11\n    0.33 0.67",
        " '0.89 0.11\n\n    0.33 0.67'",
        ' "0.89\t0.11\n    0.33\t0.67"',
        "\n           Death  is\n    Death  0.89  0.11\n    is     0.33  0.67",
        " array([[0.89, 0.11],\n           [0.33, 0.67]])",
        "\n  - 0.89 0.11\n  - 0.33 0.67",
        " [0.89 0.11; 0.33 0.67]",
        " [0.89, 0.11; 0.33, 0.67]",
        "\n  - [0.89 0.11]\n  - [0.33 0.67]",
        " |\n    \\begin{pmatrix} 0.89 & 0.11 \\\\ 0.33 & 0.67 \\end{pmatrix}",
    ],
)
def test_pasted_text_keeps_its_lines_whatever_yaml_makes_of_it(text: str):
    found = read(f"answers:\n  S:{text}\n  L: 1").answers["S"]
    assert found.values.tolist() == [[0.89, 0.11], [0.33, 0.67]]
    assert found.decimals == 2
