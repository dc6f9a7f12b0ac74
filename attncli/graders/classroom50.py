"""Classroom 50's ``result.json``: what its runner reads about one submission."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError
from attncli.graders.records import GOOD
from attncli.language import _
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from attncli.graders.records import Record


# Which variable of the runner's each text comes from.
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
INSTEAD = {"REVIEW_URL": "COMMIT_URL"}
LARGEST = 10 * 2**20  # bytes
POINT = 100  # its scores are whole numbers


def about_submission(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the runner says of the submission; raises AttnError: which variables are not set."""
    found = {
        field: sanitize(environment.get(name) or environment.get(INSTEAD.get(name, ""), ""))
        for field, name in VARIABLES.items()
    }
    missing = [name for field, name in VARIABLES.items() if not found[field] and name not in INSTEAD]
    if missing:
        raise AttnError(
            _("--format classroom50 needs what its runner sets: {names}", names=", ".join(missing)),
            hint=_("outside Classroom 50, set these environment variables to anything to try it"),
        )
    return found


def result_json(about: Mapping[str, str], tests: list[dict[str, Any]], now: datetime) -> str:
    """Return the result of a submission whose rows were these tests; ``now`` is in UTC.

    Raises AttnError where it is larger than the runner takes.
    """
    result = {
        "schema": "classroom50/result/v1",
        **about,
        "datetime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise AttnError(
            _("the result is larger than the {most} MiB that are taken", most=LARGEST // 2**20),
            hint=_("name the quantities that are due: --rows S,A,dWq"),
        )
    return text


def tests_of(record: Record) -> list[dict[str, Any]]:
    """Return each row of a marked sheet as a test."""
    return [test(row["symbol"], row["points"], row["max_points"], row["verdict"]) for row in record["rows"]]


def unreadable_tests(sheet: str, most: float) -> list[dict[str, Any]]:
    """Return the one test of a sheet that cannot be read: it fails, also where nobody knows what was due."""
    return [test(sheet, 0.0, most or 1.0, "unreadable")]


def test(name: str, score: float, most: float, verdict: str) -> dict[str, Any]:
    """Return one test."""
    return {
        "test-name": sanitize(name) or "?",
        "passed": verdict in GOOD,
        "score": whole(score),
        "max-score": whole(most),
    }


def whole(points: float) -> int:
    """Return points in hundredths; halves are rounded up."""
    return math.floor(points * POINT + 0.5)
