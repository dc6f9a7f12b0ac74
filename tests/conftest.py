"""Which tests are slow: ``pytest -m "not slow"`` is the fast part of the suite, about two minutes.

The slow ones are about arithmetic, processes and large inputs; what depends on a library's or on Python's
version is in the fast part, which .ci/run repeats with other versions.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLOW = (
    "blocks",
    *("code/test_handwritten.py", "code/test_naming.py", "diagnose"),
    *("course/test_grade_hostile.py", "course/test_grade_resume.py"),
    *("homework/test_recognition.py", "homework/test_slips.py"),
    *("page/test_exact.py", "page/test_finite_differences.py", "page/test_properties.py"),
    *("show/test_explain.py", "show/test_processors.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the slow folders and files."""
    slow = [TESTS / name for name in SLOW]
    missing = [path for path in slow if not path.exists()]
    assert not missing, missing
    for item in items:
        if any(item.path.is_relative_to(path) for path in slow):
            item.add_marker(pytest.mark.slow)
