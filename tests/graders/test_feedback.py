"""What students are told in the files for graders, and what they are not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from attncli.graders import FORMATS
from attncli.graders.feedback import plain, remarks
from attncli.graders.records import student_view
from attncli.homework.marks import Finding, Mark, Verdict
from attncli.homework.policy import Hint
from tests.support.courses import hand_in, problem
from tests.support.graded import (
    ANN,
    BAD,
    BOB,
    COURSE,
    KEY,
    ONE_A_SHEET,
    SECRET,
    SECRETS,
    line,
    right,
    texts,
    written,
    wrong,
)
from tests.support.running import attncli


def test_a_students_view_is_what_check_shows_a_student() -> None:
    mark = Mark(
        "bob", "article", lambda: KEY, (right("S"), wrong("A"), right("Z", Verdict.BLANK)), ("a note",)
    )
    for hint in Hint:
        view = student_view(mark.to_dict(), hint, reveal=False)
        assert view == mark.to_dict(student=True, hint=hint)
    assert student_view(mark.to_dict(), Hint.MISTAKE, reveal=True) == mark.to_dict()


def test_a_students_view_drops_what_is_not_known_to_be_harmless() -> None:
    record = {**BAD, "answer_key": SECRET, "rows": [{**BOB["rows"][1], "right_value": SECRET}]}
    assert not any(
        secret in json.dumps(student_view(record, Hint.MISTAKE, reveal=False)) for secret in SECRETS
    )


@pytest.mark.parametrize("hint", Hint)
@pytest.mark.parametrize("name", FORMATS)
def test_no_file_holds_anything_of_the_answer(tmp_path: Path, name: str, hint: Hint) -> None:
    written(tmp_path, name, [ANN, BOB, BAD], replace(COURSE, hint=hint))
    for text in texts(tmp_path).values():
        assert not [secret for secret in SECRETS if secret in text]
        assert hint is not Hint.NONE or ("8 of 9" not in text and "you wrote" not in text)
        assert hint is Hint.MISTAKE or ("softmax" not in text and "scale-missing" not in text)


@pytest.mark.parametrize("name", [*ONE_A_SHEET, "junit", "moodle"])
def test_feedback_says_what_was_done_and_where(tmp_path: Path, name: str) -> None:
    written(tmp_path, name, [BOB])
    text = "\n".join(texts(tmp_path).values()).replace("\\", "").replace("&#x27;", "'")
    for words in ("A[wind,1]: you wrote 0.41", "A[wind,8]", "and 6 more", "A = softmax of each column of Z"):
        assert words in text
    assert "A[wind,9]" not in text
    assert "This was done in Z." in text
    assert "attncli explain 'A[wind,1]' -c article" in text
    assert "O is ragged" in text


def test_a_slip_has_a_sentence_and_no_formula_and_a_config_without_a_name_no_command() -> None:
    slip = Finding("slip-sign", "S", "S = Q·Kᵀ", "S = Q·Kᵀ", "The sign is turned.")
    view = {
        **line("ann", "ann.yaml", replace(wrong("S", yours="9" * 99), mistakes=(slip,))),
        "config": "<stdin>",
    }
    assert plain(remarks(view["rows"][0], student_view(view, Hint.MISTAKE, reveal=False))) == [
        f"S[wind,1]: you wrote {'9' * 39}…; it is {SECRET}",
        "This is what you seem to have done:",
        "  The sign is turned.",
    ]


@pytest.mark.parametrize("name", [*ONE_A_SHEET, "junit", "moodle"])
def test_reveal_shows_the_right_values(tmp_path: Path, name: str) -> None:
    written(tmp_path, name, [BOB], replace(COURSE, reveal=True))
    assert str(SECRET) in "\n".join(texts(tmp_path).values())


@pytest.mark.parametrize("reveal", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_no_file_says_where_the_teachers_config_lies(tmp_path: Path, name: str, *, reveal: bool) -> None:
    path = "/home/teacher/2026 exams/hw1_final_KEY.yaml"
    lines = [{**one, "config": path} for one in (ANN, BOB, BAD)]
    written(tmp_path, name, lines, replace(COURSE, reveal=reveal, people={}))  # so that nobody is left out
    text = "\n".join(texts(tmp_path).values()).replace("\\", "")
    assert not [part for part in ("teacher", "2026 exams", "KEY.yaml") if part in text]
    if name in {"markdown", "html"}:
        assert "hw1_final_KEY" in text
    if name in {*ONE_A_SHEET, "junit", "moodle"}:
        assert "-c CONFIG" in text


@pytest.mark.parametrize(
    ("config", "known_as"),
    [
        ("article", "article"),
        ("<stdin>", "<stdin>"),
        ("config", "config"),
        ("hw1.yaml", "hw1"),
        ("../keys/hw1.v2.yaml", "hw1.v2"),
        ("/keys/hw1", "hw1"),
        ("mine/article.yaml", "article.yaml"),
    ],
)
def test_what_students_know_a_problem_by(config: str, known_as: str) -> None:
    mark = Mark("bob", config, lambda: KEY, (wrong("A"),))
    assert mark.to_dict()["config"] == config
    assert mark.to_dict(student=True)["config"] == known_as
    for reveal in (False, True):
        assert student_view(mark.to_dict(), Hint.MISTAKE, reveal=reveal)["config"] == known_as


def test_a_students_screen_does_not_say_where_the_teachers_config_lies(tmp_path: Path) -> None:
    config = problem(tmp_path / "teacher", "hw1_final_KEY.yaml")
    sheet = hand_in(tmp_path, "a.json", {"S": [[1, 2], [3, 4]]})
    for options in ((), ("--json",), ("--quiet",)):
        said = attncli("check", str(sheet), config, "--student", *options)
        assert "teacher" not in said.out + said.err
        assert "KEY.yaml" not in said.out + said.err
        assert "hw1_final_KEY" in said.out
        assert config in attncli("check", str(sheet), config, *options, "--width", "400").out
    assert "attncli explain 'S[a,a]' -c CONFIG" in attncli("check", str(sheet), config, "--student").out
