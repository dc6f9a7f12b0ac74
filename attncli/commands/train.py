"""``attncli train``: gradient descent on the weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attncli.commands.environment import Environment
from attncli.commands.options import (
    Changes,
    Decimals,
    Force,
    Source,
    check_decimals,
    check_number,
    command,
    decimals_of,
    flag,
    option,
)
from attncli.commands.output import check_config, write_config
from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from attncli.readings.train import Training


HELP = N_(
    """Train the weights by plain gradient descent: in every step, each weight loses lr times its gradient.

Shows the loss as it falls, and the attention before and after. The weights and biases that are given are
trained; the embeddings only with --embeddings. The same problem gives the same numbers.

\b
Examples:
  attncli train                                      100 steps on the article
  attncli train my.yaml --steps 500 --lr 0.05
  attncli train my.yaml --loss mse --out trained.yaml
  attncli forward trained.yaml --only A              what it has learned to look at
  attncli train --steps 50 --json | jq .losses"""
)
MOST_STEPS = 10_000_000


@command(quiet=N_("Show only the losses."))
def train(
    *,
    source: Source,
    steps: int = option("--steps -n", "N", N_("How many steps to take."), 100),
    lr: float = option("--lr", "NUMBER", N_("The learning rate: how long each step is."), 0.01),
    changes: Changes,
    embeddings: bool = flag("--embeddings", N_("Train the embeddings as well.")),
    out_file: str | None = option(
        "--out -o", "FILE", N_("Write the trained problem as a config; - for standard output.")
    ),
    force: Force = False,
    decimals: Decimals = None,
    json: bool = flag("--json", N_("JSON for scripts: every loss, the weights.")),
    environment: Environment,
) -> None:
    """Parse, train, write, show."""
    check_decimals(decimals, json=json)
    check_number("--steps", steps, 1, MOST_STEPS)
    if not (lr > 0 and math.isfinite(lr)):
        raise AttnError(_("--lr is {lr:g}; expected a number above 0", lr=lr), hint=_("like 0.1"))
    if out_file == "-" and json:
        raise AttnError(
            _("--out - and --json both write to standard output"), hint=_("name a file for --out")
        )
    if out_file is not None:
        check_config(out_file, force=force)
    assignments = changes.with_loss()
    problem = source.load(environment, assignments)
    if out_file is not None:
        check_config(out_file, force=force)  # now that it is known what was read
    from attncli import calculation
    from attncli.readings import train as engine

    with environment.progress("training_progress", steps) as progress:
        trained = engine.train(problem, steps=steps, lr=lr, embeddings=embeddings, progress=progress)
    if out_file is not None:
        write_config(trained_config(trained, assignments), out_file, environment, force=force)
    if json:
        environment.write_json(engine.record(trained))
    elif out_file != "-":
        from attncli.show.train import screen

        pages = [calculation.forward(one) for one in (trained.before, trained.after)]
        display = environment.display(decimals_of(decimals, problem.decimals))
        environment.show(screen(trained, pages, display, quiet=environment.quiet))


def trained_config(trained: Training, changes: Sequence[str]) -> str:
    """Return the trained problem as a config that says where it comes from."""
    from attncli.page.lying import worded
    from attncli.problem.config_text import config_text

    problem = trained.after
    heading = [
        _(
            "{name}, trained by gradient descent, steps: {steps}, learning rate: {lr!r}.",
            name=problem.name,
            steps=trained.steps,
            lr=trained.lr,
        ),
        _("Trained: {names}. All other numbers are as they were.", names=", ".join(trained.trained)),
    ]
    if changes:
        heading.append(_("Changed before training: {changes}.", changes=", ".join(changes)))
    heading.append(
        _(
            "L ({loss}, {reduction}) went from {first!r} to {last!r}.",
            loss=problem.loss,
            reduction=problem.reduction,
            first=trained.losses[0],
            last=trained.losses[-1],
        )
    )
    if problem.form.heads > 1:
        said = _(
            "The weights of several heads are one wide matrix: head 1 owns the first columns, and so on."
        )
        heading.append(worded(said, lying=problem.lying))
    return config_text(problem, heading)
