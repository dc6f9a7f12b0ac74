"""``attncli guide``: the manual, one topic at a time."""

from __future__ import annotations

from typing import Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
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


def guide(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC]",
            help=N_("One of the topics. Default: the list of them."),
            show_default=False,
        ),
    ] = None,
    *,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, find the topic, show it."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    from attncli.show.guide import TOPICS, Guide

    shown = Guide(environment.out)
    if topic is None:
        shown.list_topics()
        return
    if topic not in TOPICS:
        from attncli.report import did_you_mean

        hint = did_you_mean(topic, TOPICS, _("attncli guide lists the topics"))
        raise AttnError(_("the guide has no topic {name!r}", name=topic[:40]), hint=hint)
    if not shown.translated(topic):
        environment.note(_("this topic is in English only"))
    shown.show(topic)
