"""``attncli grade``: a course's worth of sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import marking, options
from attncli.commands.environment import Environment
from attncli.errors import ExitCode
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from attncli.homework.grading.course import Plan

HELP = N_("""Mark every sheet of a folder, at any depth, and write the results and a gradebook.

A sheet is a file that ends in .yaml, .yml or .json. The results go to DIR: results.jsonl with one line
a sheet, gradebook.csv, and what --format names. Interrupted, or killed, it goes on where it was when it
is started again. The exit code is 0 also where answers are wrong, for that is what courses are; it is 3
where sheets could not be read (they are in the results with the reason), 2 where the config or the
rubric is no good.

\b
Examples:
  attncli grade sheets article --out graded      one problem for all
  attncli grade sheets --configs each -j 0       each/B20DCCN001.yaml, …
  attncli grade sheets hw1.yaml --rubric rubric.yaml
  attncli grade sheets hw1.yaml --roster class.csv --format canvas
  attncli grade sheets hw1.yaml --out again --against graded/results.jsonl

\b
A rubric is YAML; any of its keys may be left out:
  rows: {S: 2, A: 3, dWq: 5}      due rows and their points; or a list: [S, A]
  ignore: [dP]                    rows that do not count
  follow_through: half            full, half, none or a share: what a row
                                  earns that follows from a wrong one
  tolerance: {decimals: 4}        auto, {significant: 3}, {rtol: 1e-3, atol: 0}
  mistakes: {scale-missing: 0.5}  the share that a row keeps with this mistake
  late:
    due: 2026-03-01T23:59:00+07:00
    penalty: 0.1                  the share of the score that each day costs
    per: day                      or hour
    grace: 15 minutes             costs nothing up to here
    most: 0.5                     never costs more than this
    by: file                      the file's time; or {column: submitted}, a
                                  column of the roster

\b
A roster is CSV whose header names its columns: student (or id), name,
last name, first name, email, id number, section, and what late.by names.""")
Folder = Annotated[
    str, typer.Argument(metavar="FOLDER", show_default=False, help=N_("The folder of the sheets."))
]
Out = Annotated[
    str,
    typer.Option("--out", "-o", metavar="DIR", help=N_("The folder for the results; it is made if need be.")),
]
Configs = Annotated[
    str | None,
    typer.Option(
        "--configs",
        metavar="DIR",
        help=N_("A config for each student, named after them, instead of CONFIG: DIR/B20DCCN001.yaml"),
        show_default=False,
    ),
]
RubricFile = Annotated[
    str | None,
    typer.Option(
        "--rubric",
        metavar="FILE",
        help=N_("What is due and what it earns, as above; the options here go before it."),
        show_default=False,
    ),
]
RosterFile = Annotated[
    str | None,
    typer.Option(
        "--roster",
        metavar="FILE",
        help=N_("Who the students are, as CSV: for the gradebooks, and for when they handed in."),
        show_default=False,
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=N_(
            "Write for a grader as well: gradescope, junit, nbgrader, otter, canvas, moodle,"
            " github-classroom, prairielearn, markdown or html. May be repeated."
        ),
        show_default=False,
    ),
]
Assignment = Annotated[
    str | None,
    typer.Option(
        "--assignment",
        metavar="NAME",
        help=N_("What the graders call it. Else the config's name."),
        show_default=False,
    ),
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help=N_("Show students the right values in these formats."))
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", help=N_("How many processes mark at once; 0: one a core."))
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="FILE",
        help=N_("An older results.jsonl: show whose score changed, and write changes.csv."),
        show_default=False,
    ),
]


def grade(
    context: typer.Context,
    folder: Folder,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    out_folder: Out = "graded",
    configs: Configs = None,
    rubric: RubricFile = None,
    roster: RosterFile = None,
    rows: marking.Rows = None,
    decimals: marking.Decimals = None,
    significant: marking.Significant = None,
    rtol: marking.Rtol = None,
    atol: marking.Atol = None,
    follow_through: marking.FollowThrough = None,
    style: Formats = None,
    assignment: Assignment = None,
    hint: marking.Hints = "mistake",
    reveal: Reveal = False,
    jobs: Jobs = 1,
    against: Against = None,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    json: Annotated[bool, typer.Option("--json", help=N_("The summary as JSON, for scripts."))] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help=N_("No summary, no notes, no progress: just the files."))
    ] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, mark, write, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    judging = marking.Judging(rows, decimals, significant, rtol, atol, follow_through)
    judging.check()
    marking.check_hint(hint)
    from attncli.commands.grade_plan import Asked, plan_of  # noqa: PLC0415 - --help needs no NumPy

    asked = Asked(
        folder=folder,
        config=config,
        config_option=config_option,
        configs=configs,
        out=out_folder,
        changes=changes or [],
        loss=loss,
        reduction=reduction,
        judging=judging,
        rubric=rubric,
        roster=roster,
        formats=tuple(dict.fromkeys(style or ())),
        assignment=assignment,
        hint=hint,
        reveal=reveal,
        jobs=jobs,
        against=against,
        quiet=quiet,
    )
    plan, skipped = plan_of(asked, environment)
    from attncli.homework.grading.course import grade as grade_course  # noqa: PLC0415

    note = (lambda _text: None) if quiet else environment.note
    try:
        with progress(environment, plan, quiet=quiet) as tell:
            graded = grade_course(plan, tell, note)
    except KeyboardInterrupt:
        note(_("what is done is kept: the same command goes on from here"))
        raise
    for text in graded.notes:
        note(text)
    out = environment.out
    if json:
        from attncli.homework.grading.report import report  # noqa: PLC0415
        from attncli.show.script import json_text  # noqa: PLC0415

        out.write(json_text(report(plan, graded, skipped), ascii_only=out.ascii_only))
    elif not quiet:
        from attncli.show.course import course  # noqa: PLC0415

        for text in course(plan, graded, skipped, out):
            out.write(text)
    if graded.summary.unreadable:
        raise typer.Exit(ExitCode.UNREADABLE)


def progress(
    environment: Environment, plan: Plan, *, quiet: bool
) -> AbstractContextManager[Callable[[int], None]]:
    """Return what shows how far the marking has come: a bar, on a terminal and nowhere else."""
    from contextlib import nullcontext  # noqa: PLC0415

    if quiet or not environment.err.stream.isatty():
        return nullcontext(lambda _done: None)
    from attncli.show.course_progress import progress_bar  # noqa: PLC0415

    return progress_bar(environment.err, len(plan.files))
