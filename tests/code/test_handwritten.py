"""Attention as people write it: the right is not accused, the wrong is named, the unknown is not guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attncli.code import trial

CODE = Path(__file__).parents[1] / "data" / "code"
# Each file, and what is to be found in it: the verdict, the ids of its mistakes (none where the catalogue
# does not know the mistake), the pass, and the convention where it is not the page's own.
EXPECTED = json.loads((CODE / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_written_by_hand_is_judged_as_it_should_be(name: str) -> None:
    expected = EXPECTED[name]
    options = trial.Options(timeout=2.0) if expected["verdict"] == "failed" else trial.Options()
    report = trial.test_file(str(CODE / name), None, options)
    named = {mistake.id for mistake in report.mistakes}
    assert (report.verdict, report.pass_) == (expected["verdict"], expected["pass"])
    assert set(expected["mistakes"]) <= named
    assert expected["mistakes"] or not named  # right and unknown: nothing is named
    assert ("convention" in expected) == (report.convention is not None)


def test_every_function_is_expected_and_every_expectation_has_a_function() -> None:
    assert {path.name for path in CODE.glob("*.py")} == set(EXPECTED)
