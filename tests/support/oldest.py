"""The oldest versions that pyproject.toml declares, as a constraints file for pip.

    python tests/support/oldest.py > oldest.txt && pip install -c oldest.txt -e '.[test]'

Every requirement with a lower bound gives one line: ``numpy>=2.0`` becomes ``numpy==2.0``. It needs
nothing but Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
LOWER_BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[.*?\])?\s*>=\s*(?P<version>[0-9.]+)")


def constraints(pyproject: str) -> list[str]:
    """Pin each requirement of a pyproject.toml, the extras' and the build's too, to its lower bound."""
    declared = tomllib.loads(pyproject)
    project = declared["project"]
    requirements = [*declared["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        requirements += extra
    found = (LOWER_BOUND.match(requirement) for requirement in requirements)
    return sorted({f"{match['name']}=={match['version']}" for match in found if match})


if __name__ == "__main__":
    sys.stdout.write("\n".join(constraints(PYPROJECT.read_text(encoding="utf-8"))) + "\n")
