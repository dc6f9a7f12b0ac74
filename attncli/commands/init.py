"""``attncli init``: write a config to start from."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
from attncli.errors import AttnError
from attncli.language import N_, _, active
from attncli.problem.sources import builtin_names, configs_folder

if TYPE_CHECKING:
    from collections.abc import Mapping


HELP = N_("""Write a config with comments, ready to run: your own words, sizes and weights.

The numbers are written out, so that you can work with them on paper. The same options and the same
seed give the same file on every machine.

\b
Examples:
  attncli init my.yaml
  attncli init my.yaml --sentence "no one on time" --d-model 4 --heads 2
  attncli init my.yaml --init xavier_uniform --seed 7 --mask
  attncli init my.yaml --template multihead   a copy of a built-in problem
  attncli init my.yaml --template blank       all numbers 0, for you to fill in
  attncli init - | attncli forward -          to standard output""")
BLANK = "blank"
LARGEST = 4096
DEFAULTS = {
    "sentence": "Death is like the wind",
    "d_model": 4,
    "d_k": None,
    "d_v": None,
    "heads": 1,
    "masked": False,
    "method": "binary",
    "seed": 0,
}
OPTIONS = {
    "sentence": "--sentence",
    "d_model": "--d-model",
    "d_k": "--d-k",
    "d_v": "--d-v",
    "heads": "--heads",
    "masked": "--mask",
    "method": "--init",
    "seed": "--seed",
}

File = Annotated[str, typer.Argument(metavar="FILE", help=N_("The config to write; - for standard output."))]
Sentence = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help=N_("The words, cut at the spaces. Else Death is like the wind."),
        show_default=False,
    ),
]
DModel = Annotated[
    int | None,
    typer.Option(
        "--d-model", metavar="N", help=N_("How many numbers describe a word. Else 4."), show_default=False
    ),
]
DK = Annotated[
    int | None,
    typer.Option(
        "--d-k",
        metavar="N",
        help=N_("How wide the queries and keys of one head are. Else d_model/heads."),
        show_default=False,
    ),
]
DV = Annotated[
    int | None,
    typer.Option(
        "--d-v", metavar="N", help=N_("How wide the values of one head are. Else d_k."), show_default=False
    ),
]
Heads = Annotated[
    int | None,
    typer.Option(
        metavar="N", help=N_("How many heads; several are joined by Wo. Else 1."), show_default=False
    ),
]
Masked = Annotated[
    bool, typer.Option("--mask", help=N_("With the causal mask: no word looks at a later one."))
]
Method = Annotated[
    str | None,
    typer.Option(
        "--init",
        metavar="METHOD",
        help=N_(
            "How the weights are drawn: gaussian, uniform, xavier_uniform, xavier_normal, he_uniform,"
            " he_normal, lecun_uniform, lecun_normal, zeros, ones, identity or binary (0 and 1). Else binary."
        ),
        show_default=False,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help=N_("Another seed draws other numbers. Else 0."), show_default=False),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="|".join([*builtin_names(), BLANK]),
        help=N_("A copy of a built-in problem; or blank: your sizes, all numbers 0."),
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there already."))]


def init(
    context: typer.Context,
    file: File,
    *,
    sentence: Sentence = None,
    d_model: DModel = None,
    d_k: DK = None,
    d_v: DV = None,
    heads: Heads = None,
    masked: Masked = False,
    method: Method = None,
    seed: Seed = None,
    template: Template = None,
    force: Force = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("Do not say what to type next."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, draw, write."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    chosen = {
        "sentence": sentence,
        "d_model": d_model,
        "d_k": d_k,
        "d_v": d_v,
        "heads": heads,
        "masked": masked or None,
        "method": method,
        "seed": seed,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    check(given)
    text = copied(template, given) if template not in {None, BLANK} else drawn(given, blank=template == BLANK)
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    from attncli.files import write_whole

    write_whole(file, text, force=force)
    if not quiet:
        environment.note(_("{file} is written; next: attncli forward {named}", file=file, named=named(file)))


def named(file: str) -> str:
    """Write a file's name so that a shell takes it as one word, and no command as an option."""
    return shlex.quote(f"./{file}" if file.startswith("-") else file)


def check(given: Mapping[str, object]) -> None:
    """Refuse numbers and words that there are not."""
    from attncli.problem.initialise import METHODS
    from attncli.report import did_you_mean

    for name, value in given.items():
        least, most = (0, 2**32 - 1) if name == "seed" else (1, LARGEST)
        if type(value) is int and not least <= value <= most:
            raise AttnError(
                _(
                    "{name} is {found}; expected a whole number from {least} to {most}",
                    name=OPTIONS[name],
                    found=value,
                    least=least,
                    most=most,
                )
            )
    method = given.get("method")
    if method is not None and method not in METHODS:
        known = ", ".join(METHODS)
        hint = did_you_mean(str(method), METHODS, _("one of {known}", known=known))
        raise AttnError(_("there is no initialiser {name!r}", name=str(method)[:40]), hint=hint)


def copied(template: str | None, given: Mapping[str, object]) -> str:
    """Return a built-in problem's own text, whose comments teach, in the active language."""
    from attncli.report import did_you_mean

    names = [*builtin_names(), BLANK]
    if template not in names:
        found = str(template)
        raise AttnError(
            _("there is no template {name!r}", name=found[:40]),
            hint=did_you_mean(found, names, _("one of {known}", known=", ".join(names))),
        )
    for name in given:
        raise AttnError(
            _(
                "{option} does not go with --template {template}, which is copied as it is",
                option=OPTIONS[name],
                template=template,
            ),
            hint=_("leave one of them out; --template {blank} takes words and sizes", blank=BLANK),
        )
    text = configs_folder() / active() / f"{template}.yaml"
    return (text if text.is_file() else configs_folder() / text.name).read_text(encoding="utf-8")


def drawn(given: Mapping[str, object], *, blank: bool) -> str:
    """Return a config of one's own sizes."""
    from attncli.problem.starter import plan, starter_text

    if blank:
        for name in ("method", "seed"):
            if name in given:
                raise AttnError(
                    _(
                        "{option} does not go with --template {blank}, in which nothing is drawn",
                        option=OPTIONS[name],
                        blank=BLANK,
                    ),
                    hint=_("leave one of them out"),
                )
    settled = plan(**{**DEFAULTS, **given, **({"method": None} if blank else {})})  # type: ignore[arg-type]
    words = ["attncli", "init", "FILE", *(["--template", BLANK] if blank else [])]
    for name, value in given.items():
        words += [OPTIONS[name]] if value is True else [OPTIONS[name], str(value)]
    return starter_text(settled, shlex.join(words))
