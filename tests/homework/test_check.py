"""``attncli check``: one sheet against one problem, on the screen, as JSON and from Python."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.homework.policy import Policy, Tolerance
from tests.support.make_sheets import FOLDER, SHEETS
from tests.support.running import attncli as run

FORGOT = str(FOLDER / "forgot_scale.yaml")
ROUNDED = str(FOLDER / "rounded.yaml")
ARTICLE = attncli.load("article")
PAGE = attncli.backward(ARTICLE)


def sheet(tmp_path: Path, **answers: object) -> str:
    path = tmp_path / "sheet.yaml"
    path.write_text(json.dumps({"answers": answers}), encoding="utf-8")
    return str(path)


def table_of(out: str) -> dict[str, str]:
    """The verdict's line of each row."""
    lines = out.split("──\n", 1)[1].split("\n\n", maxsplit=1)[0].splitlines()
    return {line.split()[0]: line for line in lines}


def test_the_sheets_are_those_that_the_script_makes() -> None:
    for name, text in SHEETS.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files == set(SHEETS)


def test_a_forgotten_scale_is_named_beside_the_right_formula() -> None:
    outcome = run("check", FORGOT, "article")
    assert outcome.code == 1
    assert outcome.err == ""
    assert outcome.out.startswith("B20DCCN001, article: 23.04 of 24 points, ✗ wrong\n")
    assert "What seems to have been done: scale-missing\n" in outcome.out
    assert "  you:   Z = S\n  right: Z = S/√d_k\n" in outcome.out
    verdicts = table_of(outcome.out)
    assert "✓ right" in verdicts["S"]
    assert "✗ wrong" in verdicts["Z"]
    later = list(verdicts)[list(verdicts).index("Z") + 1 :]
    assert "dX" in later
    assert all("↷ follows from earlier" in verdicts[symbol] for symbol in later)


def test_rounding_at_every_step_earns_everything() -> None:
    for name in ("rounded.yaml", "exact.json", "group-2/forward_only.yaml"):
        outcome = run("check", str(FOLDER / name), "article")
        assert (outcome.code, outcome.err) == (0, "")
        assert set(table_of(outcome.out)) >= {"Q", "Z", "O"}
        assert all("✓ right" in line for line in table_of(outcome.out).values())
        assert "✗" not in outcome.out


def test_the_matrix_stands_as_written_with_a_sign_at_each_wrong_cell() -> None:
    out = run("check", FORGOT, "article").out
    matrix = out.split("✗ Z = S/√d_k\n")[1].split("\n\n")[0].splitlines()
    assert matrix[0].split() == list(ARTICLE.tokens)
    assert matrix[2].split() == "Death ✗11 ✗3 ✗5 ✗6 ✗10 ✗6 0 ✗6 ✗7".split()
    assert "Z[Death,Death]  11     5.5000\n" in out
    assert "and 72 more cells; --full shows all" in out
    assert "more cells" not in run("check", FORGOT, "article", "--full").out


def test_two_mistakes_are_both_told() -> None:
    out = run("check", str(FOLDER / "two_mistakes.yaml"), "article").out
    assert "scale-missing" in out
    assert "  you:   dX = dX_Q + dX_K\n  right: dX = dX_Q + dX_K + dX_V\n" in out


def test_a_mistake_in_a_row_that_was_left_blank_is_told_as_such() -> None:
    out = run("check", str(FOLDER / "group-2" / "final_only.yaml"), "article").out
    assert "In Z, which was left blank:\n  you:   Z = S/d_k\n  right: Z = S/√d_k\n" in out
    assert out.endswith("Where to look:\n  attncli explain Z -c article\n")


@pytest.mark.parametrize("options", [[], ["--set", "X[Death,1]=3", "--loss", "mse"]])
def test_the_command_where_to_look_runs_as_it_stands(options: list[str]) -> None:
    out = run("check", FORGOT, "article", *options).out
    looked = 0
    for line in out.splitlines():
        if line.startswith("  attncli "):
            words = shlex.split(line.removeprefix("  attncli "))
            assert run(*words).code == 0
            assert all(option.replace("--loss", "--set") in words for option in options[:1])
            looked += 1
    assert looked


def test_json_is_the_record_that_python_gives() -> None:
    outcome = run("check", FORGOT, "article", "--json")
    record = json.loads(outcome.out)
    assert outcome.code == 1
    assert record == attncli.check(FORGOT, "article").to_dict()
    assert record["schema"] == 1
    assert record["student"] == "B20DCCN001"
    rows = {row["symbol"]: row for row in record["rows"]}
    assert rows["Z"]["wrong_cells"][0] == {
        "cell": "Z[Death,Death]", "index": [0, 0], "yours": "11", "expected": 5.5,
    }  # fmt: skip
    assert [finding["id"] for finding in rows["Z"]["mistakes"]] == ["scale-missing"]


def test_python_takes_a_path_bytes_or_a_mapping() -> None:
    of_path = attncli.check(Path(ROUNDED), ARTICLE).to_dict()
    assert attncli.check(Path(ROUNDED).read_bytes(), ARTICLE).to_dict() == of_path
    answers = {"S": PAGE["S"], "L": 31.2992, "A": PAGE["A"].tolist()}
    mark = attncli.check({"student": "Hoà", "answers": answers}, ARTICLE)
    assert (mark.student, str(mark.verdict), mark.score) == ("Hoà", "correct", 3)
    wrong = attncli.check({"answers": {"S": PAGE["S"] + 1}}, ARTICLE)
    assert (wrong.student, str(wrong.verdict), wrong.score) == (None, "wrong", 0)
    wide = attncli.check({"answers": {"S": PAGE["S"] + 1}}, ARTICLE, policy=Policy(Tolerance(atol=1)))
    assert str(wide.verdict) == "correct"


def test_python_raises_what_the_command_says() -> None:
    with pytest.raises(attncli.AttnError, match=r"there is no sheet 'nowhere\.yaml'"):
        attncli.check("nowhere.yaml", ARTICLE)
    with pytest.raises(attncli.AttnError, match="no answers"):
        attncli.check({"student": "A"}, ARTICLE)


def test_one_answer_without_a_file() -> None:
    assert run("check", "--answer", "L=31.3", "article").code == 0
    outcome = run("check", "-a", "L=31.4", "-a", "Q=~", "article", "--json")
    record = json.loads(outcome.out)
    assert (outcome.code, record["student"]) == (1, None)
    assert [row["symbol"] for row in record["rows"]] == ["L"]


def test_whose_sheet_it_is(tmp_path: Path) -> None:
    path = sheet(tmp_path, L="31.3")
    text = Path(path).read_text(encoding="utf-8")

    def student(*arguments: str, stdin: str = "") -> str | None:
        return json.loads(run("check", *arguments, "article", "--json", stdin=stdin).out)["student"]

    assert student(path) == "sheet"
    assert student("-", stdin=text) is None
    assert student(path, "--student-id", "B1") == "B1"
    assert student(FORGOT, "--student-id", "B1") == "B1"
    assert student(FORGOT) == "B20DCCN001"


def test_what_is_due_and_blank_earns_nothing() -> None:
    outcome = run("check", str(FOLDER / "group-2/forward_only.yaml"), "article", "--rows", "S,A,dWq")
    assert outcome.code == 1
    assert outcome.out.startswith("forward_only, article: 2 of 3 points, ○ blank\n")
    assert list(table_of(outcome.out)) == ["S", "A", "dWq"]


def test_tolerance_and_follow_through() -> None:
    def score(*options: str) -> float:
        return json.loads(run("check", FORGOT, "article", "--json", *options).out)["score"]

    assert score("--follow-through", "half") == pytest.approx(4.04 + 19 / 2)
    assert score("--follow-through", "none") == pytest.approx(4.04)
    assert run("check", "-a", "L=31.9", "article", "--atol", "0.7").code == 0
    assert run("check", "-a", "L=31.9", "article", "--rtol", "0.1").code == 0
    assert run("check", "-a", "L=31.9", "article", "--significant", "1").code == 0
    assert run("check", "-a", "L=31.9", "article").code == 1
    few = run("check", "-a", "L=31.3", "article", "--decimals", "3")
    assert few.code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "there is no sheet to check"),
        (["-", "-"], 2, "standard input can be read only once"),
        (["-", "-c", "-"], 2, "standard input can be read only once"),
        (["article"], 2, "the sheet goes before it"),
        ([FORGOT, "article", "-a", "L=1"], 2, "--answer stands in for a sheet"),
        (["-a", "L", "article"], 2, "'L' is not QUANTITY=NUMBERS"),
        ([FORGOT, "nowhere.yaml"], 2, "there is no file 'nowhere.yaml'"),
        (["nowhere.yaml", "nowhere.yaml"], 2, "there is no file 'nowhere.yaml'"),
        ([FORGOT, "article", "--rows", "S,AA"], 2, "'AA' is not on this page"),
        ([FORGOT, "article", "--rows", ","], 2, "--rows names no quantity"),
        ([FORGOT, "article", "--hint", "all"], 2, "--hint is 'all'"),
        ([FORGOT, "article", "--follow-through", "0.5"], 2, "--follow-through is '0.5'"),
        ([FORGOT, "article", "--decimals", "2", "--rtol", "0.1"], 2, "do not go together"),
        ([FORGOT, "article", "--decimals", "-1"], 2, "--decimals is -1"),
        ([FORGOT, "article", "--significant", "0"], 2, "--significant is 0"),
        ([FORGOT, "article", "--atol", "nan"], 2, "--atol is nan"),
        (["nowhere.yaml", "article"], 3, "there is no sheet 'nowhere.yaml'"),
        ([str(FOLDER), "article"], 3, "is a folder"),
        ([str(FOLDER / "broken" / "unreadable.yaml"), "article"], 3, "unreadable.yaml:4:3: error"),
        (["-", "article"], 3, "<stdin>"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], code: int, says: str) -> None:
    outcome = run("check", *arguments)
    assert outcome.code == code
    assert says in outcome.err
    assert outcome.out == ""


def test_a_misshapen_answer_is_shown_and_counted_from_1() -> None:
    out = run("check", "-a", "S=[[2,1],[0,x]]", "article").out
    assert "\nS should be 9 × 9; this is 2 × 2\n    1   2\n" in out
    assert table_of(out)["S"].split() == [
        "S",
        "✗",
        "wrong",
        "0",
        "of",
        "1",
    ]
    student = run("check", "-a", "S=[[2,1],[0,x]]", "article", "--student").out
    assert "this is 2 × 2; S has a different shape" in student
    assert "9 × 9" not in student
    assert "\n2   0  ?x\n" in out


def test_blank_cells_are_not_signed_and_unreadable_ones_are() -> None:
    cells = PAGE["Wq"].shape[1] * [0.0]
    answer = [["?", "~", "oops", 9], *[cells] * 8]
    outcome = run("check", "-a", f"Q={json.dumps(answer)}", "article")
    line = next(line for line in outcome.out.splitlines() if line.startswith("Death"))
    assert line.split() == ["Death", "~", "~", "?oops", "✗9"]
    right = [["?", *line[1:]] for line in PAGE["Q"].tolist()]
    fine = run("check", "-a", f"Q={json.dumps(right)}", "article")
    assert fine.code == 1  # what was left blank is not right
    assert "○ blank  27 of 36" in fine.out


def test_heads_that_are_wrong_are_shown() -> None:
    page = attncli.forward(attncli.load("multihead"))
    wrong = np.array(page["S"])
    wrong[2, 0, 1] += 1
    answer = f"S={json.dumps(wrong.tolist())}"
    out = run("check", "-a", answer, "multihead", "--student").out
    assert "head 3\n" in out
    assert "head 1\n" not in out
    assert out.count("✗") == 4  # the score, the table, the title, the cell


def test_a_large_answer_shows_its_corners() -> None:
    tokens = [str(i) for i in range(1, 31)]
    config = json.dumps({"tokens": tokens, "given": {name: [[1, 0]] * 30 for name in "QKV"}})
    wrong = np.ones((30, 30), int)
    wrong[14, 15] = 7
    answer = ["-a", f"S={json.dumps(wrong.tolist())}", "-", "--student"]
    out = run("check", *answer, stdin=config).out
    assert "the corners of 30 × 30; --full shows all" in out
    assert "S[15,16]  7\n" in out
    assert "✗7" not in out
    assert "✗7" in run("check", *answer, "--full", stdin=config).out


def test_words_of_a_sheet_do_not_act_on_the_screen() -> None:
    answers = {"Q": [["[bold red]x[/]", "\x1b[31m1"], ["1\n2", "\u202e1"]], "[b]\x1b[2JA": 1}
    text = json.dumps({"student": "=1+1\n[red]\x1b]0;title\x07", "answers": answers, "a\x1b[1m": 1})
    outcome = run("check", "-", "article", stdin=text)
    assert outcome.code == 1
    assert "\x1b" not in outcome.out + outcome.err
    assert "\x07" not in outcome.out + outcome.err
    assert "\u202e" not in outcome.out
    assert outcome.out.startswith("=1+1\\n[red]\\x1b]0;title\\x07, article: ")
    assert "?[bold red]x[/]" in outcome.out
    assert "[b]\\x1b[2JA" in outcome.out
    plain = run("check", "-", "article", "--json", stdin=text)
    assert plain.out.count("\n") == 1
    assert "\x1b" not in plain.out


@pytest.mark.parametrize("width", ["20", "40", "80", "300"])
def test_no_digit_is_cut_and_plain_letters_do(width: str) -> None:
    numbers = "12345678901234567890.5"
    out = run("check", "-a", f"L={numbers}", "-a", f"Q=[[{numbers}, 1.23456789012345678]]", "article",
              "--ascii", "--width", width).out  # fmt: skip
    assert out.isascii()
    assert out.count(numbers) == 2
    assert "1.23456789012345678" in out
    assert "! wrong" in out


def test_colour_only_where_it_is_asked_for() -> None:
    plain = run("check", FORGOT, "article").out
    coloured = run("check", FORGOT, "article", "--color", "always").out
    assert "\x1b" not in plain
    assert re.search(r"\x1b\[1;31m *✗11", coloured)
    matrix = coloured.partition("S/√d_k")[2]
    assert not re.search(r"\x1b\[1;31m *\d", matrix)


def test_quiet_is_the_score_and_the_verdicts() -> None:
    outcome = run("check", FORGOT, "--quiet")
    assert outcome.code == 1
    assert outcome.err == ""
    assert outcome.out.endswith("1 of 1\n")
    assert "scale-missing" not in outcome.out
