"""The files that graders, gradebooks and CI read, made from results.jsonl."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.language import _, either

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.graders.records import Course, Written


FORMATS = (
    "gradescope",
    "junit",
    "nbgrader",
    "otter",
    "canvas",
    "moodle",
    "github-classroom",
    "prairielearn",
    "markdown",
    "html",
)


def write(name: str, results: Path, out: Path, course: Course, *, reveal: bool | None = None) -> Written:
    """Write one format's files into the folder ``out``; ``reveal`` goes before the course's own.

    A file is replaced whole or not at all. Raises AttnError where there is no such format, where a
    line of ``results`` is no sheet's record, or where a file cannot be written.
    """
    if name not in FORMATS:
        raise AttnError(
            _("{name} is {value!r}; expected {wanted}", name="--format", value=name, wanted=either(FORMATS))
        )
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    chosen = course if reveal is None else replace(course, reveal=reveal)
    written: Written = module.write(results, out, chosen)
    return written
