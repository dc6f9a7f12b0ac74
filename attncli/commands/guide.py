"""``attncli guide``: the manual, one topic at a time."""

from __future__ import annotations

import typer

from attncli.choices import TOPICS
from attncli.commands.environment import Environment
from attncli.commands.options import command
from attncli.errors import AttnError
from attncli.language import N_, _

HELP = N_("""Read the manual: a list of its topics, or one of them.

In a terminal a long topic is shown by a pager (PAGER, else less).

\b
Examples:
  attncli guide                       the topics, a line each
  attncli guide notation              what every symbol means
  attncli guide mistakes --lang vi    some topics are in Vietnamese as well
  attncli guide config | less         without colour""")


@command(quiet=N_("No notes."))
def guide(
    *,
    topic: str | None = typer.Argument(
        None, metavar="[TOPIC]", help=N_("One of the topics. Default: the list of them.")
    ),
    environment: Environment,
) -> None:
    """Parse, find the topic, show it."""
    from attncli.show.guide import is_translated, show, topics

    if topic is None:
        environment.show([topics()])
        return
    if topic not in TOPICS:
        from attncli.report import did_you_mean

        hint = did_you_mean(topic, TOPICS, _("attncli guide lists the topics"))
        raise AttnError(_("the guide has no topic {name!r}", name=topic[:40]), hint=hint)
    if not is_translated(topic):
        environment.note(_("this topic is in English only"))
    show(topic, environment.out, paged=environment.paged)
