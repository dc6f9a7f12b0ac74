"""``attncli test``: try somebody's attention code, and say what was done in it."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from attncli.choices import ARRAYS, MASK_TRUE, MASKS, WEIGHTS
from attncli.commands.environment import Environment
from attncli.commands.options import Force, Json, check_number, command, format_for, option
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _
from attncli.report import did_you_mean, one_of

if TYPE_CHECKING:
    from attncli.code.report import Report


HELP = N_("""Is my attention code right, and if not, what was done instead?

FILE.py holds a function; it is called, in a process of its own, with what its parameters' names ask for:
X, Wq, Wk, Wv, Wo, heads, mask, dO and their usual other spellings. It returns the output, the output and
the weights, a dict of quantities, or a dict of gradients. The problems are chosen so that mistakes can be
told apart; the one that explains all that is wrong is named, its formula beside the right one. The guide
has more: attncli guide test. The exit code is 0 if the code is right, 1 if it is wrong, 2 if it cannot be
tried, and 3 if it fails: on every problem, or on all of one kind.

\b
Examples:
  attncli test my_attention.py                        the function that speaks of attention
  attncli test my_attention.py:mha                    the function mha
  attncli test my_attention.py --example small.yaml   the smallest problem that shows it, as a config
  attncli test my_attention.py --mask-true hide       true in the mask hides, as key_padding_mask
  attncli test my_module.py --arrays torch --timeout 60
  attncli test my_attention.py --format junit -o report.xml
  attncli test my_attention.py --json | jq .mistakes""")
FORMATS = ("json", "junit")
ENDINGS = {".json": "json", ".xml": "junit"}
MOST_SECONDS = 86_400
LARGEST_SEED = 2**32 - 1
UNITS = {"KB": 2**10, "MB": 2**20, "GB": 2**30}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG])(?:i?B)?", re.ASCII | re.IGNORECASE)
LEAST_MEMORY, MOST_MEMORY = 2**26, 2**50
NAMED = re.compile(r"(.+?):([^:/\\]*)", re.DOTALL)
# What people have beside their code, and how that is marked.
OTHERS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        (".yaml", ".yml", ".json"),
        (
            N_("{file!r} is a config or a sheet; test takes Python code"),
            N_("attncli check SHEET CONFIG marks a sheet"),
        ),
    ),
    **dict.fromkeys(
        (".npz", ".npy", ".csv"),
        (
            N_("{file!r} holds numbers; test takes Python code"),
            N_("attncli check mine.npz CONFIG marks numbers named by their symbols"),
        ),
    ),
    ".ipynb": (
        N_("{file!r} is a notebook; test takes Python code"),
        N_("put the function into a .py file, or in the notebook: print(attncli.test(my_function))"),
    ),
}


@dataclass(frozen=True)
class Conventions:
    """Which conventions the code keeps, and in which bounds it runs."""

    mask_true: str | None = option(
        "--mask-true",
        MASK_TRUE,
        N_(
            "What true in the mask means: one may look, or it is hidden. Default: look; where the code is"
            " right under the other, the report says so."
        ),
    )
    mask: str | None = option(
        "--mask", MASKS, N_("add: the mask is added to the scores, 0 where one may look and -inf where not.")
    )
    weights: str | None = option(
        "--weights",
        WEIGHTS,
        N_("How weights are stored: in-out for Q = X·Wq, the default; out-in as in PyTorch's Linear."),
    )
    arrays: str = option("--arrays", ARRAYS, N_("What the code is given."), ARRAYS[0])
    timeout: float = option("--timeout", "SECONDS", N_("How long all problems together may take."), 10.0)
    memory: str = option("--memory", "SIZE", N_("How much memory the code may take, such as 500MB."), "4GB")
    seed: int = option("--seed", "N", N_("Another seed makes other problems."), 0)

    def checked(self) -> dict[str, Any]:
        """Return what they say, by the names that the options have in Python. Raises AttnError."""
        for name, value, words in (
            ("--mask-true", self.mask_true, MASK_TRUE),
            ("--mask", self.mask, MASKS),
            ("--weights", self.weights, WEIGHTS),
            ("--arrays", self.arrays, ARRAYS),
        ):
            if value is not None:
                one_of(name, value, words)
        if self.mask_true and self.mask:
            raise AttnError(
                _("{options} do not go together", options="--mask-true, --mask"), hint=_("keep one of them")
            )
        if not 0 < self.timeout <= MOST_SECONDS or math.isnan(self.timeout):
            raise AttnError(
                _(
                    "--timeout is {found:g}; expected seconds, more than 0 and at most {most}",
                    found=self.timeout,
                    most=MOST_SECONDS,
                )
            )
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        return {**vars(self), "memory": bytes_of(self.memory)}


@dataclass(frozen=True)
class Files:
    """What is written, and where."""

    style: str | None = option(
        "--format -f",
        FORMATS,
        N_("Write the report for other programs. Default: by the output's file extension, then a screen."),
    )
    output: str | None = option(
        "--output -o",
        "FILE",
        N_("Write the report to this file, replacing it, whole or not at all. Default: standard output."),
    )
    example: str | None = option(
        "--example",
        "FILE",
        N_("Write the smallest problem on which the code is wrong, as a config: --example small.yaml"),
    )
    force: Force = False

    def format(self, *, json: bool) -> str:
        """Return the format; "" is the screen. Raises AttnError where nothing can be written so or there."""
        from attncli.files import check_result

        also = "json" if json else None
        style = format_for(self.style or None, FORMATS, "", self.output, ENDINGS, also)
        if self.output is not None:
            if not style:
                raise AttnError(_("--output needs --format {style}", style="|".join(FORMATS)))
            check_result(self.output, force=self.force)
        if self.example is not None:
            from attncli.commands.output import check_config

            if self.example in {"", "-", self.output}:
                raise AttnError(
                    _("--example is {found!r}; expected a file for a config", found=self.example),
                    hint=_("like {example}", example="--example small.yaml"),
                )
            check_config(self.example, force=self.force)
        return style


@command(quiet=N_("Show only the verdict and the abilities: no explanation, no example, no notes."))
def test(
    *,
    code: str | None = typer.Argument(
        None,
        metavar="FILE.py[:NAME]",
        help=N_(
            "The code, and the name of its function or class. Default: the only one whose name speaks of"
            " attention."
        ),
    ),
    conventions: Conventions,
    json: Json = False,
    files: Files,
    environment: Environment,
) -> None:
    """Parse, try the code, show."""
    file, name = program_of(code)
    values = conventions.checked()
    style = files.format(json=json)
    from attncli.code.trial import Options, test_file

    report = test_file(file, name, Options(**values))
    if files.example is not None:  # first: whoever reads the report through `head` wants it, too
        write_example(report, files.example, environment, force=files.force)
    if style:
        write(report, style, files.output, environment)
    else:
        from attncli.show.test import screen

        display = environment.display(0)
        environment.show(screen(report, display, quiet=environment.quiet, written=files.example))
    if report.verdict != "right":
        raise typer.Exit(ExitCode.WRONG if report.verdict == "wrong" else ExitCode.UNREADABLE)


def program_of(code: str | None) -> tuple[str, str | None]:
    """Split ``FILE.py:NAME``. Raises AttnError where there is no such file, or it cannot be code."""
    example = "attncli test my_attention.py"
    if not code:
        raise AttnError(_("there is no code to test"), hint=_("name a file: {example}", example=example))
    found = NAMED.fullmatch(code)
    file, name = (found[1], found[2]) if found and not Path(code).exists() else (code, None)
    path = Path(file)
    if file == "-":
        raise AttnError(_("code cannot be read from standard input"), hint=_("save it to a .py file first"))
    if path.is_dir():
        raise AttnError(_("{path!r} is a folder", path=file), hint=_("name a .py file in it"))
    message, hint = OTHERS.get(path.suffix.lower(), ("", ""))
    if message:
        raise AttnError(_(message, file=file), hint=_(hint))
    if not path.exists():
        hint = did_you_mean(path.name, near(path), _("check its name"))
        raise AttnError(_("there is no file {file!r}", file=file), hint=hint)
    if path.suffix.lower() != ".py":
        raise AttnError(
            _("{file!r} does not end in .py", file=file), hint=_("name a file: {example}", example=example)
        )
    if name is not None and not all(part.isidentifier() for part in name.split(".")):
        raise AttnError(
            _("{name!r} cannot be the name of a function", name=name),
            hint=_("like {example}", example=f"{file}:attention"),
        )
    from attncli.files import note_read

    note_read(path.stat())
    return file, name


def near(path: Path) -> list[str]:
    """Return the programs that stand where one is looked for."""
    try:
        return sorted(other.name for other in path.parent.iterdir() if other.suffix == ".py")
    except OSError:
        return []


def bytes_of(text: str) -> int:
    """Read ``4GB`` or ``500MB``. Raises AttnError where it is no size, or one that cannot be."""
    found = SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * UNITS[f"{found[2].upper()}B"]) if found else 0
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        raise AttnError(
            _("--memory is {found!r}; expected a size from 64MB on", found=text),
            hint=_("like {example}", example="--memory 4GB"),
        )
    return size


def write(report: Report, style: str, output: str | None, environment: Environment) -> None:
    """Write the report for other programs."""
    if style == "json" and output is None:
        environment.write_json(report.to_dict())
        return
    if style == "json":
        from attncli.export.data import json_text

        text = json_text(report.to_dict(), ascii_only=False)
    else:
        from attncli.graders.junit import report_junit

        text = report_junit(report)
    environment.write_file(text, output)


def write_example(report: Report, file: str, environment: Environment, *, force: bool) -> None:
    """Write the problem that shows what is wrong, if there is one."""
    if report.example is None:
        environment.note(_("no number is wrong that a problem could show: {file} was not written", file=file))
        return
    from attncli.files import write_whole
    from attncli.problem.config_text import config_text
    from attncli.problem.sources import load

    problem = load(report.example.config)
    heading = [_("The smallest problem that shows what is wrong in {file}, {name}", **vars(report))]
    write_whole(file, config_text(problem, heading), force=force)
    environment.note(_("wrote {file}; next: attncli explain -c {name}", file=file, name=shlex.quote(file)))
