"""The versions that pyproject.toml declares: lower bounds that can be tried, upper ones with their reason."""

from __future__ import annotations

import re
import tomllib

from tests.support.oldest import PYPROJECT, constraints

TEXT = PYPROJECT.read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)["project"]


def test_the_oldest_of_all_that_is_needed_is_pinned() -> None:
    pinned = {line.partition("==")[0] for line in constraints(TEXT)}
    needed = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    assert {re.match(r"[\w.-]+", requirement)[0] for requirement in needed} <= pinned


def test_a_lower_bound_becomes_that_version() -> None:
    assert "numpy==2.0" in constraints(TEXT)
    made = '[build-system]\nrequires = ["a>=1"]\n[project]\ndependencies = ["b[c]>=2.0.1,<3", "d"]\n'
    assert constraints(f"{made}[project.optional-dependencies]\n") == ["a==1", "b==2.0.1"]


def test_an_upper_bound_has_its_reason_beside_it() -> None:
    lines = TEXT.partition("[project.scripts]")[0].splitlines()
    bounded = [i for i, line in enumerate(lines) if re.search(r'"[\w.\[\]-]+[^"]*(<|==)[^"]*"', line)]
    assert bounded
    for i in bounded:
        assert "#" in lines[i] or lines[i - 1].lstrip().startswith("#"), lines[i]
