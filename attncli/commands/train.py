"""``attncli train``: gradient descent on the weights."""

from __future__ import annotations

import math
import shlex
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
from attncli.commands.options import decimals_of, load_problem, with_loss
from attncli.commands.output import Show
from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from attncli.readings.train import Training


HELP = N_(
    """Train the weights by plain gradient descent: in every step, each weight loses lr times its gradient.

Shows the loss as it falls, and the attention before and after. The weights and biases that are given
learn; the embeddings do so with --embeddings. The same problem gives the same numbers.

\b
Examples:
  attncli train                                      100 steps on the article
  attncli train my.yaml --steps 500 --lr 0.05
  attncli train my.yaml --loss mse --out trained.yaml
  attncli forward trained.yaml --only A              what it has learned to look at
  attncli train --steps 50 --json | jq .losses"""
)
MOST_STEPS = 10_000_000
Steps = Annotated[int, typer.Option("--steps", "-n", metavar="N", help=N_("How many steps to take."))]
Rate = Annotated[
    float, typer.Option("--lr", metavar="NUMBER", help=N_("The learning rate: how long each step is."))
]
Embeddings = Annotated[bool, typer.Option("--embeddings", help=N_("Train the embeddings as well."))]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help=N_("Write the trained problem as a config; - for standard output."),
        show_default=False,
    ),
]


def train(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    steps: Steps = 100,
    lr: Rate = 0.01,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    embeddings: Embeddings = False,
    out_file: Out = None,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Replace FILE where it is there already."))
    ] = False,
    decimals: options.Decimals = None,
    json: Annotated[
        bool, typer.Option("--json", help=N_("JSON for scripts: every loss, the weights."))
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("Just the losses."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, train, write, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    Show(None, None, decimals, full=False, plain=False, json=json, quiet=quiet).check()
    check(steps, lr, out_file, json=json, force=force)
    set_keys = with_loss(changes, loss, reduction)
    problem = load_problem(config, config_option, set_keys, environment, quiet=quiet)
    from attncli import calculation
    from attncli.readings import train as engine

    with progress(environment, steps, quiet=quiet) as tell:
        trained = engine.train(problem, steps=steps, lr=lr, embeddings=embeddings, progress=tell)
    if out_file is not None:
        keep(trained, out_file, set_keys, environment, force=force, quiet=quiet)
    out = environment.out
    if json:
        from attncli.export.data import json_text

        out.write(json_text(engine.record(trained), ascii_only=out.ascii_only))
    elif out_file != "-":
        from attncli.show.train import descent

        pages = [calculation.forward(one) for one in (trained.before, trained.after)]
        for text in descent(
            trained, pages, out, decimals=decimals_of(decimals, problem.decimals), quiet=quiet
        ):
            out.write(text)


def progress(
    environment: Environment, steps: int, *, quiet: bool
) -> AbstractContextManager[Callable[[int, float], None]]:
    """Return what shows how far the training has come: a bar, on a terminal and nowhere else."""
    if quiet or not environment.err.stream.isatty():
        return nullcontext(lambda _step, _loss: None)
    from attncli.show.progress import progress_bar

    return progress_bar(environment.err, steps)


def check(steps: int, lr: float, out_file: str | None, *, json: bool, force: bool) -> None:
    """Refuse what cannot be done, before any work."""
    if not 1 <= steps <= MOST_STEPS:
        raise AttnError(
            _(
                "--steps is {steps}; expected a whole number from 1 to {most:,}",
                steps=steps,
                most=MOST_STEPS,
            )
        )
    if not (lr > 0 and math.isfinite(lr)):
        raise AttnError(_("--lr is {lr:g}; expected a number above 0", lr=lr), hint=_("like 0.1"))
    if out_file == "-" and json:
        raise AttnError(_("--out - and --json both want standard output"), hint=_("name a file for --out"))
    if out_file is not None and out_file != "-":
        from attncli.files import check_writable

        check_writable(out_file, force=force)


def keep(
    trained: Training,
    out_file: str,
    changes: list[str],
    environment: Environment,
    *,
    force: bool,
    quiet: bool,
) -> None:
    """Write the trained problem as a config that says where it comes from."""
    from attncli.files import write_whole
    from attncli.problem.config_text import config_text

    problem = trained.after
    heading = [
        _(
            "{name}, trained: gradient descent, steps: {steps}, learning rate: {lr!r}.",
            name=problem.name,
            steps=trained.steps,
            lr=trained.lr,
        ),
        _("What has learned: {names}. All other numbers are as they were.", names=", ".join(trained.trained)),
        *([_("It was changed beforehand: {changes}.", changes=", ".join(changes))] if changes else []),
        _(
            "L ({loss}, {reduction}) went from {first!r} to {last!r}.",
            loss=problem.loss,
            reduction=problem.reduction,
            first=trained.losses[0],
            last=trained.losses[-1],
        ),
        _("A weight matrix for several heads is one wide matrix: head 1 owns the first columns, and so on."),
    ]
    text = config_text(problem, heading if problem.form.heads > 1 else heading[:-1])
    if out_file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    write_whole(out_file, text, force=force)
    if not quiet:
        name = f"./{out_file}" if out_file.startswith("-") else out_file
        environment.note(
            _("{file} is written; next: attncli forward {named}", file=out_file, named=shlex.quote(name))
        )
