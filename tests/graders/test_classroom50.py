"""``check --format classroom50``: the file that Classroom 50's runner reads after the grader."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from attncli.errors import AttnError
from attncli.graders import classroom50
from tests.support.courses import hand_in, right
from tests.support.courses import problem as config
from tests.support.running import Outcome, attncli

RUNNER = {
    "CLASSROOM": "ai-2026",
    "ASSIGNMENT": "attention",
    "SUBMISSION_TAG": "submit/2026-11-28T09-00-00Z-a1b2c3d",
    "COMMIT_URL": "https://github.example/s/commit/1",
    "RELEASE_URL": "https://github.example/s/releases/tag/1",
    "REVIEW_URL": "https://github.example/s/compare/0...1",
}
TEXTS = ("classroom", "assignment", "submission", "commit", "release", "review", "datetime")


def accepted(path: Path) -> dict[str, Any]:
    """Read a result as the runner and its collector do, who refuse anything else."""
    data = path.read_bytes()
    assert len(data) <= 10 * 1024 * 1024
    result = json.loads(data)
    assert set(result) == {"schema", *TEXTS, "score", "max-score", "tests"}
    assert result["schema"] == "classroom50/result/v1"
    assert all(isinstance(result[name], str) and result[name] for name in TEXTS)
    when = datetime.strptime(result["datetime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - when) < timedelta(minutes=5)
    for test in result["tests"]:
        assert set(test) == {"test-name", "passed", "score", "max-score"}
        assert isinstance(test["test-name"], str)
        assert test["test-name"]
        assert isinstance(test["passed"], bool)
        assert type(test["score"]) is type(test["max-score"]) is int
        assert 0 <= test["score"] <= test["max-score"]
    for name in ("score", "max-score"):
        assert type(result[name]) is int
        assert result[name] == sum(test[name] for test in result["tests"])
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    config(tmp_path, "hw.json")
    return tmp_path


def check(sheet: str, *options: str, runner: dict[str, str] = RUNNER) -> Outcome:
    return attncli(
        "check", sheet, "hw.json", *options, "--format", "classroom50", "-o", "result.json", **runner
    )


def test_a_wrong_sheet_is_a_result_and_no_failure(folder: Path) -> None:
    answers = right()
    hand_in(
        folder, "a.json", {**answers, "O": [[9, 9, 9], [9, 9, 9]], "A": [[answers["A"][0][0], 3], [5, 7]]}
    )
    done = check("a.json", "--rows", "S,A,O,dWq")
    assert (done.code, done.out, done.err) == (0, "", "")
    result = accepted(folder / "result.json")
    assert {name: result[name] for name in TEXTS if name != "datetime"} == {
        "classroom": "ai-2026",
        "assignment": "attention",
        "submission": RUNNER["SUBMISSION_TAG"],
        "commit": RUNNER["COMMIT_URL"],
        "release": RUNNER["RELEASE_URL"],
        "review": RUNNER["REVIEW_URL"],
    }
    assert [tuple(test.values()) for test in result["tests"]] == [
        ("S", True, 100, 100),
        ("A", False, 25, 100),
        ("O", False, 0, 100),
        ("dWq", False, 0, 100),
    ]
    assert (result["score"], result["max-score"]) == (125, 400)


def test_a_right_sheet_earns_everything_and_replaces_the_last_result(folder: Path) -> None:
    hand_in(folder, "a.json", {"S": [[0, 0], [0, 0]]})
    check("a.json")
    assert accepted(folder / "result.json")["score"] == 0
    hand_in(folder, "a.json", right())
    assert check("a.json").code == 0
    result = accepted(folder / "result.json")
    assert result["score"] == result["max-score"] == 800
    assert all(test["passed"] for test in result["tests"])


@pytest.mark.parametrize("text", ["answers: [1,", "", "\x00"])
def test_a_sheet_that_cannot_be_read_earns_nothing_and_says_why(folder: Path, text: str) -> None:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    done = check("a.yaml", "--rows", "S,A")
    assert done.code == 0
    assert "a.yaml" in done.err
    result = accepted(folder / "result.json")
    assert [tuple(test.values()) for test in result["tests"]] == [("a.yaml", False, 0, 200)]
    assert check("missing.yaml").code == 0
    assert accepted(folder / "result.json")["max-score"] == 100


def test_what_a_student_calls_a_quantity_is_text(folder: Path) -> None:
    hand_in(folder, "a.json", {"": 1, "\x1b[31m" + "x" * 90: 2, "S": right()["S"]})
    assert check("a.json").code == 0
    assert all(test["test-name"].isprintable() for test in accepted(folder / "result.json")["tests"])


def test_the_variables_that_are_not_set_are_named(folder: Path) -> None:
    hand_in(folder, "a.json", right())
    unset = {**RUNNER, "ASSIGNMENT": ""}
    del unset["COMMIT_URL"], unset["RELEASE_URL"], unset["REVIEW_URL"]
    done = check("a.json", runner=unset)
    assert done.code == 2
    assert "ASSIGNMENT, COMMIT_URL, RELEASE_URL" in " ".join(done.err.split())
    assert not [name for name in ("REVIEW_URL", "CLASSROOM,", "SUBMISSION_TAG") if name in done.err]
    assert not (folder / "result.json").exists()
    without_review = {name: text for name, text in RUNNER.items() if name != "REVIEW_URL"}
    assert check("a.json", runner=without_review).code == 0
    assert accepted(folder / "result.json")["review"] == RUNNER["COMMIT_URL"]


def test_a_result_that_the_runner_would_refuse_is_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(folder, "a.json", right())
    monkeypatch.setattr(classroom50, "LARGEST", 500)
    assert check("a.json").code == 2
    assert not (folder / "result.json").exists()
    with pytest.raises(AttnError, match="larger than"):
        classroom50.result_json({}, [classroom50.test("x" * 500, 1, 1, "wrong")], datetime.now(UTC))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-o", "x.json"), "--output needs --format classroom50"),
        (("--format", "classroom5"), "did you mean 'classroom50'?"),
        (("--format", "classroom50", "--json"), "--json does not go with --format classroom50"),
        (("--format", "classroom50", "-o", "none/x.json"), "there is no folder 'none'"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, options: tuple[str, ...], says: str) -> None:
    hand_in(folder, "a.json", right())
    done = attncli("check", "a.json", "hw.json", *options, **RUNNER)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_grade_says_which_command_writes_it(folder: Path) -> None:
    hand_in(folder / "sheets", "a.json", right())
    done = attncli("grade", "sheets", "hw.json", "--format", "classroom50")
    assert done.code == 2
    assert "--format classroom50 is for one sheet" in done.err
    assert "attncli check marks one sheet" in done.err
    assert "github" not in done.err


@pytest.mark.usefixtures("folder")
def test_without_a_file_it_goes_to_standard_output() -> None:
    done = attncli("check", "--answer", "S=1", "hw.json", "--format", "classroom50", **RUNNER)
    assert done.code == 0
    assert json.loads(done.out)["schema"] == "classroom50/result/v1"


def test_points_are_rounded_to_hundredths() -> None:
    assert [classroom50.whole(points) for points in (0, 0.885, 0.89, 1 / 3, 2.5, 1e-9)] == [
        0,
        89,
        89,
        33,
        250,
        0,
    ]
