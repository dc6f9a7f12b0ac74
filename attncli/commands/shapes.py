"""``attncli shapes``: how large everything is, beside the original paper."""

from __future__ import annotations

from attncli.commands.environment import Environment
from attncli.commands.options import Set, Source, command, flag
from attncli.language import N_

HELP = N_("""Show the shape of every matrix, in letters, in your numbers and in those of the original paper.

Below the shapes come the counts: how many parameters the weights have, and how many multiply-adds the
products take.

\b
Examples:
  attncli shapes                      the built-in article
  attncli shapes multihead            with heads, and the output weights
  attncli shapes my.yaml --json | jq .multiply_adds.total""")


@command(quiet=N_("Show no notes about the problem."))
def shapes(
    *,
    source: Source,
    changes: Set = None,
    json: bool = flag("--json", N_("JSON for scripts: the same shapes and counts.")),
    environment: Environment,
) -> None:
    """Parse, measure, show."""
    from attncli.readings.shapes import shapes_of

    measured = shapes_of(source.load(environment, changes))
    if json:
        environment.write_json(measured.to_dict())
        return
    from attncli.show.shapes import screen

    environment.show(screen(measured))
