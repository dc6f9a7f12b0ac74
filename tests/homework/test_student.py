"""What ``check --student`` shows: verdicts and hints, and nothing of the answer in any format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import attncli
from attncli.homework.marks import Mark
from tests.support.make_sheets import FOLDER, SHEETS
from tests.support.running import attncli as run

WRONG = [name for name in SHEETS if not name.startswith("broken")]
PAGE = attncli.backward(attncli.load("article"))


def numbers_of(text: str) -> set[str]:
    return set(re.findall(r"\d+\.\d{2,}", text))


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("options", [[], ["--full"], ["--json"], ["--quiet"], ["--hint", "cell"]])
def test_every_number_on_the_screen_is_the_students_own(name: str, options: list[str]) -> None:
    out = run("check", str(FOLDER / name), "article", "--student", *options).out
    own = numbers_of((FOLDER / name).read_text(encoding="utf-8"))
    score = run("check", str(FOLDER / name), "article", "--quiet").out
    without_tolerance = re.sub(r'"tolerance": [^,]*', "", out)
    assert numbers_of(without_tolerance) <= own | numbers_of(score)
    assert "sha256" not in out
    assert "expected" not in out
    assert "should be" not in out


def test_a_teacher_is_told_the_right_numbers() -> None:
    out = run("check", str(FOLDER / "forgot_scale.yaml"), "article").out
    assert "5.5000" in numbers_of(out)
    assert "should be" in out


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_right_shape_is_told_to_a_teacher_alone(options: list[str]) -> None:
    arguments = [
        "check",
        "-a",
        "S=[[2,1],[0,2]]",
        "-a",
        "dWq=[1,2]",
        "article",
        "--rows",
        "S,dWq,A",
        *options,
    ]
    shapes = re.compile(r"9 × 9|5 × 4|\b(81|20|9)\b")
    assert shapes.search(run(*arguments).out)
    assert not shapes.search(run(*arguments, "--student").out)


def test_slips_do_not_tell_the_constant() -> None:
    answer = json.dumps((PAGE["Q"] * 7).tolist())
    arguments = ["check", "-a", f"Q={answer}", "article"]
    teacher, student = run(*arguments).out, run(*arguments, "--student").out
    assert "slip-factor" in teacher
    assert "slip-factor" in student
    assert len(student) < len(teacher)
    assert not re.search(r"\b7\b", student.partition("slip-factor")[2])


def test_how_much_is_told() -> None:
    arguments = ["check", str(FOLDER / "forgot_scale.yaml"), "article", "--student", "--hint"]
    none, cell, mistake = (run(*arguments, hint).out for hint in ("none", "cell", "mistake"))
    assert all("✗ wrong" in out for out in (none, cell, mistake))
    assert ["✗11" in out for out in (none, cell, mistake)] == [False, True, True]
    assert ["scale-missing" in out for out in (none, cell, mistake)] == [False, False, True]
    assert ["√d_k" in out for out in (none, cell, mistake)] == [False, False, True]
    assert ["3 of 81" in out for out in (none, cell, mistake)] == [False, True, True]


def test_how_much_is_told_in_json() -> None:
    arguments = ["check", str(FOLDER / "forgot_scale.yaml"), "article", "--student", "--json", "--hint"]

    def row(hint: str) -> dict:
        return next(row for row in json.loads(run(*arguments, hint).out)["rows"] if row["symbol"] == "Z")

    assert "right" not in row("none")
    assert (row("none")["wrong_cells"], row("none")["mistakes"]) == ([], [])
    assert row("cell")["wrong_cells"][0] == {"cell": "Z[Death,Death]", "index": [0, 0], "yours": "11"}
    assert row("cell")["mistakes"] == []
    assert row("mistake")["mistakes"][0]["id"] == "scale-missing"


def test_a_hint_means_nothing_to_a_teacher() -> None:
    arguments = ["check", str(FOLDER / "forgot_scale.yaml"), "article"]
    assert run(*arguments, "--hint", "none").out == run(*arguments).out


def test_an_unreadable_sheet_tells_nothing_of_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "sheet.yaml"
    path.write_text("answers: [1, 2]\n", encoding="utf-8")
    outcome = run("check", str(path), "article", "--student")
    assert outcome.code == 3
    assert outcome.out == ""
    assert "sha256" not in outcome.err
    assert not numbers_of(outcome.err)


def test_the_mark_itself_keeps_the_answer_back() -> None:
    mark: Mark = attncli.check(FOLDER / "forgot_scale.yaml", "article")
    assert "expected" not in json.dumps(mark.to_dict(student=True))
    assert "key" not in mark.to_dict(student=True)
    assert "expected" in json.dumps(mark.to_dict())
