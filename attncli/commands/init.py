"""``attncli init``: write a config to start from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from attncli.commands.environment import Environment
from attncli.commands.options import Force, check_number, command
from attncli.commands.output import check_config, write_config
from attncli.errors import AttnError
from attncli.language import N_, _
from attncli.problem.sources import builtin_names

if TYPE_CHECKING:
    from collections.abc import Mapping


HELP = N_("""Write a commented config, ready to run: your own words, sizes and weights.

The numbers are written out, so that you can work with them on paper. The same options and the same
seed give the same file on every machine.

\b
Examples:
  attncli init my.yaml
  attncli init my.yaml --sentence "no one on time" --d-model 4 --heads 2
  attncli init my.yaml --init xavier_uniform --seed 7 --mask
  attncli init my.yaml --template multihead   a copy of a built-in problem
  attncli init my.yaml --template blank       all numbers 0, for you to fill in
  attncli init my.yaml --from model.safetensors --layer 0   a layer of a real model
  attncli init - | attncli forward -          to standard output""")
BLANK = "blank"
LARGEST = 4096


@dataclass(frozen=True)
class Wishes:
    """What the config is to hold; None: the command line does not say."""

    sentence: str | None = typer.Option(
        None, metavar="TEXT", help=N_("The words, separated by spaces. Default: Death is like the wind.")
    )
    d_model: int | None = typer.Option(
        None, "--d-model", metavar="N", help=N_("How many numbers describe a word. Default: 4.")
    )
    d_k: int | None = typer.Option(
        None,
        "--d-k",
        metavar="N",
        help=N_("Width of the queries and keys of one head. Default: d_model/heads."),
    )
    d_v: int | None = typer.Option(
        None, "--d-v", metavar="N", help=N_("Width of the values of one head. Default: d_k.")
    )
    heads: int | None = typer.Option(
        None,
        metavar="N",
        help=N_("How many heads; several are joined by Wo. Default: 1; with --from what config.json says."),
    )
    masked: bool = typer.Option(
        False, "--mask", help=N_("Use the causal mask: no word looks at a later one.")
    )
    method: str | None = typer.Option(
        None,
        "--init",
        metavar="METHOD",
        help=N_(
            "How the weights are drawn: gaussian, uniform, xavier_uniform, xavier_normal, he_uniform,"
            " he_normal, lecun_uniform, lecun_normal, zeros, ones, identity or binary (0 and 1)."
            " Default: binary."
        ),
    )
    seed: int | None = typer.Option(
        None, metavar="N", help=N_("Another seed draws other numbers. Default: 0.")
    )

    @property
    def given(self) -> dict[str, Any]:
        """What the command line says."""
        return {name: value for name, value in vars(self).items() if value is not None and value is not False}

    def check(self) -> None:
        """Refuse numbers and words that are not allowed."""
        from attncli.problem.initialise import METHODS
        from attncli.report import did_you_mean

        for name, value in self.given.items():
            least, most = (0, 2**32 - 1) if name == "seed" else (1, LARGEST)
            if type(value) is int:
                check_number(option_of(name), value, least, most)
        if self.method is not None and self.method not in METHODS:
            hint = did_you_mean(self.method, METHODS, _("one of {known}", known=", ".join(METHODS)))
            raise AttnError(_("there is no initialiser {name!r}", name=self.method[:40]), hint=hint)


@command(quiet=N_("Do not say what to type next."))
def init(
    *,
    file: str = typer.Argument(metavar="FILE", help=N_("The config to write; - for standard output.")),
    wishes: Wishes,
    template: str | None = typer.Option(
        None,
        metavar="|".join([*builtin_names(), BLANK]),
        help=N_("A copy of a built-in problem; or blank: your sizes, all numbers 0."),
    ),
    model: str | None = typer.Option(
        None,
        "--from",
        metavar="MODEL",
        help=N_(
            "An attention layer of this file, a .safetensors or an .npz with the names of"
            " nn.MultiheadAttention, BERT, GPT-2, Llama or Keras."
        ),
    ),
    layer: str | None = typer.Option(
        None,
        metavar="N|NAME",
        help=N_("Which layer of MODEL: its number in the file, or a part of its name."),
    ),
    force: Force = False,
    environment: Environment,
) -> None:
    """Parse, draw, write."""
    wishes.check()
    if layer is not None and model is None:
        raise AttnError(_("--layer needs --from"), hint=_("like --from model.safetensors --layer 0"))
    said: list[str] = []
    if model is not None:
        check_config(file, force=force)
        text, said = of_model(file, model, layer, wishes.given, template)
    elif template in {None, BLANK}:
        text = own_problem(wishes.given, blank=template == BLANK)
    else:
        text = built_in(str(template), wishes.given)
    write_config(text, file, environment, said, force=force)


def option_of(name: str) -> str:
    """Return how a wish is typed."""
    return {"masked": "--mask", "method": "--init"}.get(name, f"--{name.replace('_', '-')}")


def of_model(
    file: str, model: str, layer: str | None, given: Mapping[str, Any], template: str | None
) -> tuple[str, list[str]]:
    """Return a config of a model's layer, and what is said of it."""
    from attncli.problem.layer_text import Settings, layer_text

    idle = [option_of(name) for name in given if name not in Settings.__dataclass_fields__]
    for option in [*idle, *(["--template"] if template else [])]:
        message = _("{option} does not go with --from: the model says it", option=option)
        raise AttnError(message, hint=_("leave one of them out"))
    words = ["attncli", "init", "FILE", "--from", model, *(["--layer", layer] if layer else [])]
    return layer_text(file, model, layer, Settings(**given), shlex.join(words + typed(given)))


def typed(given: Mapping[str, Any]) -> list[str]:
    """Return wishes as they are typed."""
    words = []
    for name, value in given.items():
        words += [option_of(name)] if value is True else [option_of(name), str(value)]
    return words


def built_in(template: str, given: Mapping[str, Any]) -> str:
    """Return a built-in problem's own text, whose comments teach."""
    from attncli.problem.starter import template_text
    from attncli.report import did_you_mean

    names = [*builtin_names(), BLANK]
    if template not in names:
        raise AttnError(
            _("there is no template {name!r}", name=template[:40]),
            hint=did_you_mean(template, names, _("one of {known}", known=", ".join(names))),
        )
    for name in given:
        raise AttnError(
            _(
                "{option} does not go with --template {template}, which is copied as it is",
                option=option_of(name),
                template=template,
            ),
            hint=_("leave one of them out; --template {blank} takes words and sizes", blank=BLANK),
        )
    return template_text(template)


def own_problem(given: Mapping[str, Any], *, blank: bool) -> str:
    """Return a config of one's own sizes."""
    from attncli.problem.starter import Plan, starter_text

    for name in ("method", "seed") if blank else ():
        if name in given:
            raise AttnError(
                _(
                    "{option} does not go with --template {blank}, in which nothing is drawn",
                    option=option_of(name),
                    blank=BLANK,
                ),
                hint=_("leave one of them out"),
            )
    words = ["attncli", "init", "FILE", *(["--template", BLANK] if blank else []), *typed(given)]
    return starter_text(Plan(**{**given, **({"method": None} if blank else {})}), shlex.join(words))
