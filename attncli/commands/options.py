"""The options that commands share, each declared once, and the decorator by which a command takes them.

A command names the groups that it wants among its parameters, and gets an object for each::

    @command(quiet=N_("Show no notes."))
    def shapes(*, source: Source, changes: Set = None, environment: Environment) -> None:
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from attncli.choices import DTYPES, LOSSES, MOST_DECIMALS, REDUCTIONS, ROUNDING_MODES
from attncli.commands.completion import add_completion, completing
from attncli.commands.environment import COLORS, Environment
from attncli.errors import AttnError
from attncli.language import LANGUAGES, N_, _
from attncli.names import from_ascii
from attncli.report import one_of

if TYPE_CHECKING:
    from attncli.problem.problem import Problem
    from attncli.rounding import Rounding


def option(names: str, takes: str | Iterable[str], text: str, default: Any = None) -> Any:  # noqa: ANN401
    """Declare an option, ``--rows`` or ``--format -f``; it ``takes`` a FILE, say, or one of a few words."""
    metavar = takes if isinstance(takes, str) else "|".join(takes)
    return typer.Option(default, *names.split(), metavar=metavar, help=text)


def flag(names: str, text: str) -> Any:  # noqa: ANN401 - any type, as what typer.Option returns
    """Declare an option that takes nothing."""
    return typer.Option(False, *names.split(), help=text)


ALIASES = {"md": "markdown", "tex": "latex"}
ConfigOption = Annotated[
    str | None,
    typer.Option("--config", "-c", metavar="CONFIG", help=N_("Same as the CONFIG argument.")),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help=N_("Change the problem for this run: --set mask=true, --set 'Wq[1,2]=0.5'. Can be repeated."),
    ),
]
Reduction = Annotated[
    str | None,
    typer.Option(
        "--reduction",
        metavar="|".join(REDUCTIONS),
        help=N_("Sum the loss over the cells, or take the mean. Default: the config's, then sum."),
    ),
]
Only = Annotated[
    str | None,
    typer.Option("--only", metavar="SYMBOLS", help=N_("Show only these quantities: --only Q,A")),
]
Decimals = Annotated[
    str | None,
    typer.Option(
        "--decimals",
        "-d",
        metavar="N|full",
        help=N_("How many decimals to show, or full for every digit. Default: the config's, then 4."),
    ),
]
ResultFile = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=N_(
            "Write to this file, replacing another result, whole or not at all. Default: standard output."
        ),
    ),
]
Full = Annotated[bool, typer.Option("--full", help=N_("Show large matrices whole, not just their corners."))]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help=N_("Replace the file even if a person may have written it, such as a config.")
    ),
]
Backward = Annotated[bool, typer.Option("--backward", "-b", help=N_("The loss and every gradient as well."))]
Json = Annotated[bool, typer.Option("--json", help=N_("JSON for scripts."))]
PageJson = Annotated[
    bool, typer.Option("--json", help=N_("JSON for scripts: every quantity at full precision."))
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype", metavar="|".join(DTYPES), help=N_("Calculate in this precision, to see its effect.")
    ),
]


def format_for(
    style: str | None,
    known: Collection[str],
    usual: str,
    output: str | None,
    endings: Mapping[str, str],
    also: str | None = None,
) -> str:
    """Return the format: the one named, or else the one of the output's ending, or else the usual one.

    ``also``: the one that ``--json`` or the like names. Raises AttnError where that is another, where there
    is no such format, or where the output's ending is that of none: nothing is written in another format
    than its name says.
    """
    ending = PurePath(output or "").suffix.lower()
    named = style or also if also else style
    if output == "" or (named is None and ending and ending not in endings):
        message = _("{name} is empty", name="--output")
        if output:
            message = _(
                "--output {file!r}: {ending!r} is the ending of no format", file=output, ending=ending
            )
        hint = _("one of {known}; or name a format with --format", known=", ".join(endings))
        raise AttnError(message, hint=hint)
    if named is None:
        return endings.get(ending, usual)
    chosen = one_of("--format", ALIASES.get(named, named), known)
    if also and chosen != also:
        raise AttnError(
            _("--{flag} does not go with --format {style}", flag=also, style=style),
            hint=_("keep one of them"),
        )
    return chosen


@dataclass(frozen=True, eq=False, repr=False)
class Screen:
    """The options of the whole program, which become an Environment."""

    lang: str | None = option(
        "--lang",
        LANGUAGES,
        N_("English or Vietnamese. Default: ATTNCLI_LANG, then the locale's, then English."),
    )
    width: int | None = option(
        "--width", "COLUMNS", N_("Width of the screen. Default: COLUMNS, then the terminal's width, then 80.")
    )
    color: str | None = option(
        "--color",
        COLORS,
        N_("When to use colour. Default: NO_COLOR or FORCE_COLOR, then only in a terminal."),
    )
    ascii_only: bool = flag("--ascii", N_("Write formulas and tables in ASCII: Q*K^T, sqrt d_k."))
    debug: bool = flag("--debug", N_("Show the traceback of an internal error."))


@dataclass(frozen=True, eq=False, repr=False)
class Source:
    """Which problem is meant."""

    config: str | None = typer.Argument(
        None,
        metavar="[CONFIG]",
        help=N_(
            "A YAML or JSON file, - for standard input, or the name of a problem that comes with attncli,"
            " such as tiny. Default: config.yaml in this folder, then article."
        ),
    )
    config_option: ConfigOption = None

    @property
    def name(self) -> str | None:
        """The name of the problem as it was typed; None where there is none."""
        return self.config if self.config is not None else self.config_option

    def load(self, environment: Environment, assignments: Sequence[str] | None = ()) -> Problem:
        """Load the problem, changed as ``--set`` says, and say which one it is where none is named.

        Raises AttnError where it cannot be used, or is named twice.
        """
        from attncli.problem.sources import default_source, load

        if self.config is not None and self.config_option is not None:
            raise AttnError(
                _("CONFIG is given twice, as an argument and with --config"), hint=_("keep one of them")
            )
        source, *notes = default_source() if self.name is None else (self.name,)
        problem = load(source, assignments or ())
        for note in (*notes, *problem.notes):
            environment.note(note)
        return problem


@dataclass(frozen=True, eq=False, repr=False)
class Changes:
    """What is changed in the problem for this run, the loss included."""

    loss: str | None = option(
        "--loss", LOSSES, N_("The loss; overrides the config. Default: the config's, then bce.")
    )
    reduction: Reduction = None
    assignments: Set = None

    def with_loss(self) -> list[str]:
        """Return all of it as ``--set`` takes it, so that the config's target is checked against this loss.

        Raises AttnError where there is no such loss or reduction.
        """
        assignments = list(self.assignments or ())
        for key, value, known in (("loss", self.loss, LOSSES), ("reduction", self.reduction, REDUCTIONS)):
            if value is not None:
                assignments.append(f"{key}={one_of(f'--{key}', value, known)}")
        return assignments

    def check_backward(self, *, backward: bool) -> None:
        """Refuse a loss that would do nothing; which one it is is checked where it is read."""
        for option, value in (("--loss", self.loss), ("--reduction", self.reduction)):
            if value is not None and not backward:
                raise AttnError(
                    _("{option} has no effect on the forward pass", option=option), hint=_("add --backward")
                )


@dataclass(frozen=True, eq=False, repr=False)
class OnPaper:
    """How numbers are rounded on the way, as a person rounds them on paper."""

    rounded: int | None = option(
        "--round",
        "N",
        N_(
            "Round every quantity to N decimals before the next one uses it, as a person does;"
            " shows the drift."
        ),
    )
    mode: str = option(
        "--rounding",
        ROUNDING_MODES,
        N_("How to round halves: away from zero or to the even digit; or truncate."),
        next(iter(ROUNDING_MODES)),
    )

    def rounding(self) -> Rounding | None:
        """Return the rounding; None where nothing is rounded. Raises AttnError for values not allowed."""
        one_of("--rounding", self.mode, ROUNDING_MODES)
        if self.rounded is None:
            return None
        check_number("--round", self.rounded, 0, MOST_DECIMALS)
        from attncli.rounding import Rounding

        return Rounding(self.rounded, self.mode)


def command(quiet: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function: a group among its parameters stands for the options in it, in its place.

    A group is a dataclass whose fields are options, and the function gets an object of it. An Environment
    stands for the options of ``Screen`` and, before them, ``--quiet``: ``quiet`` is the help of that, and
    says what is left out besides the notes.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        kinds = get_type_hints(function, include_extras=True)
        names = signature(function).parameters
        options = {name: options_of(kinds[name]) for name in names if is_dataclass(kinds[name])}
        parameters = [Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)]
        for name, parameter in names.items():
            if kinds[name] is Environment and quiet:
                kind = Annotated[bool, typer.Option("--quiet", "-q", help=quiet)]
                parameters.append(Parameter("quiet", Parameter.KEYWORD_ONLY, default=False, annotation=kind))
            parameters += options.get(name, [parameter.replace(annotation=kinds[name])])
        for parameter in parameters if completing() else ():
            add_completion(parameter)

        @wraps(function)
        def run(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 - as Typer read them
            environment = context.ensure_object(Environment)
            environment.quiet = values.get("quiet", False)
            for name, group in options.items():
                chosen = {option.name: values.pop(option.name) for option in group}
                if kinds[name] is Environment:
                    environment.update(**chosen)
                    values[name] = environment
                else:
                    values[name] = kinds[name](**chosen)
            function(**{name: values[name] for name in names})

        vars(run)["__signature__"] = Signature(parameters)
        return run

    return decorate


def options_of(kind: type) -> list[Parameter]:
    """Return a parameter for each option of a group."""
    group: Any = Screen if kind is Environment else kind
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(group)
    ]


def check_number(option: str, value: int, least: int, most: int, hint: str = "") -> None:
    """Refuse a whole number that is too small or too large."""
    if not least <= value <= most:
        raise AttnError(
            _(
                "{name} is {found}; expected a whole number from {least} to {most}",
                name=option,
                found=value,
                least=least,
                most=most,
            ),
            hint=hint,
        )


def check_decimals(option: str | None, *, json: bool = False) -> None:
    """Refuse ``--decimals`` that is neither a number nor full, or that would do nothing."""
    if option is not None and option not in {"full", *map(str, range(MOST_DECIMALS + 1))}:
        raise AttnError(
            _(
                "--decimals is {option!r}; expected a whole number from 0 to {most}, or full",
                option=option,
                most=MOST_DECIMALS,
            )
        )
    if option is not None and json:
        raise idle_option("--decimals", "--json")


def idle_option(option: str, style: str) -> AttnError:
    """Say that an option would do nothing, where numbers are written in full."""
    return AttnError(
        _(
            "{option} does not go with {name}, which always holds every number at full precision",
            option=option,
            name=style,
        ),
        hint=_("leave {option} out", option=option),
    )


def decimals_of(option: str | None, usual: int) -> int:
    """Return how many decimals are shown: the option's, or else the usual ones."""
    if option is None:
        return usual
    from attncli.show.numbers import FULL

    return FULL if option == "full" else int(option)


def symbols_in(option: str, text: str | None, example: str) -> list[str] | None:
    """Read ``S,A,dWq``: each symbol once, in the order named; None where the option is not given.

    Raises AttnError where it names nothing.
    """
    if text is None:
        return None
    symbols = list(dict.fromkeys(from_ascii(name.strip()) for name in text.split(",") if name.strip()))
    if not symbols:
        raise AttnError(
            _("{name} names no quantity", name=option),
            hint=_("like {example}", example=f"{option} {example}"),
        )
    return symbols
