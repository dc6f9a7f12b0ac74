"""The files that graders, gradebooks and CI read, made from results.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.graders.feedback_pages import markdown_page, write_html
from attncli.graders.gradebooks import write_canvas, write_moodle, write_nbgrader, write_otter
from attncli.graders.json_graders import github_classroom_text, gradescope_json, prairielearn_json
from attncli.graders.junit import write_junit
from attncli.graders.records import write_each
from attncli.language import _, either

if TYPE_CHECKING:
    from attncli.graders.records import Course, Written


# Each gets the results and the path that bears its name; tables and reports add their ending to that.
WRITERS: Mapping[str, Callable[[Path, Path, Course], Written]] = {
    "gradescope": partial(write_each, ".json", gradescope_json),
    "junit": write_junit,
    "nbgrader": write_nbgrader,
    "otter": write_otter,
    "canvas": write_canvas,
    "moodle": write_moodle,
    "github-classroom": partial(write_each, ".txt", github_classroom_text),
    "prairielearn": partial(write_each, ".json", prairielearn_json),
    "markdown": partial(write_each, ".md", markdown_page),
    "html": write_html,
}
FORMATS = tuple(WRITERS)


def write(name: str, results: Path, out: Path, course: Course) -> Written:
    """Write one format's files into the folder ``out``.

    A file is replaced whole or not at all. Raises AttnError where there is no such format, where a
    line of ``results`` is not a sheet's record, or where a file cannot be written.
    """
    if name not in WRITERS:
        raise AttnError(
            _("{name} is {value!r}; expected {wanted}", name="--format", value=name, wanted=either(FORMATS))
        )
    return WRITERS[name](results, out / name, course)
