"""What forward and backward share: choosing the problem, and showing a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attncli.commands.deliver import check_output, choose, deliver, stage
from attncli.errors import AttnError
from attncli.language import _, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.commands.environment import Environment
    from attncli.problem.problem import Problem
    from attncli.result import Result
    from attncli.rounding import Rounding
    from attncli.show.export.formats import Format

MOST_DECIMALS = 15
MOST_NAMES = 12


class Show(NamedTuple):
    """How a result is to be shown."""

    only: str | None
    head: int | None
    decimals: str | None
    full: bool
    plain: bool
    json: bool
    quiet: bool
    style: str | None = None
    output: str | None = None

    @property
    def format(self) -> Format:
        """The format to write in. Raises AttnError where the options name none that there is, or two."""
        return choose(self.style, self.output, json=self.json, plain=self.plain)

    @property
    def symbols(self) -> list[str] | None:
        """The rows asked for by name, in the order in which they were named."""
        if self.only is None:
            return None
        return list(dict.fromkeys(name.strip() for name in self.only.split(",") if name.strip()))

    def check(self) -> None:
        """Refuse values that there are not, and options that would do nothing together."""
        if self.only is not None and not self.symbols:
            raise AttnError(_("--only names no row"), hint=_("like --only Q,A"))
        check_decimals(self.decimals)
        style = self.format
        check_output(style, self.output)
        name = "--json" if self.json else f"--format {style.name}"
        idle = {
            "--head": self.head is not None,
            "--decimals": self.decimals is not None,
            "--full": self.full,
            "--plain": self.plain,
        }
        for option, given in idle.items():
            if given and option in (*style.idle, "--plain") and style.idle:
                raise AttnError(
                    _(
                        "{option} does not go with {name}, which always holds every number at full precision",
                        option=option,
                        name=name,
                    ),
                    hint=_("leave {option} out", option=option),
                )

    def check_head(self, problem: Problem) -> None:
        """Refuse a head that the problem does not have."""
        heads = problem.form.heads
        if self.head is not None and not 1 <= self.head <= heads:
            raise AttnError(
                _("there is no head {head}", head=self.head),
                hint=plural(
                    "this problem has {n} head, counted from 1",
                    "this problem has {n} heads, counted from 1",
                    heads,
                ),
            )


def rounding_of(decimals: int | None, mode: str) -> Rounding | None:
    """Read ``--round`` and ``--rounding``. Raises AttnError where they say nothing that there is."""
    modes = ("half-up", "half-even", "truncate")
    if mode not in modes:
        raise AttnError(_("--rounding is {mode!r}; expected {modes}", mode=mode, modes=", ".join(modes)))
    if decimals is None:
        return None
    if not 0 <= decimals <= MOST_DECIMALS:
        raise AttnError(
            _(
                "--round is {decimals}; expected a whole number from 0 to {most}",
                decimals=decimals,
                most=MOST_DECIMALS,
            )
        )
    from attncli.rounding import Rounding  # noqa: PLC0415 - it brings in NumPy

    return Rounding(decimals, mode)


def check_decimals(option: str | None) -> None:
    """Refuse ``--decimals`` that is neither a number nor full."""
    if option is not None and option not in {"full", *map(str, range(MOST_DECIMALS + 1))}:
        raise AttnError(
            _(
                "--decimals is {option!r}; expected a whole number from 0 to {most}, or full",
                option=option,
                most=MOST_DECIMALS,
            )
        )


def decimals_of(option: str | None, usual: int) -> int:
    """How many decimals are shown: the option's, else the usual ones."""
    if option is None:
        return usual
    from attncli.show.digits import FULL  # noqa: PLC0415 - it brings in NumPy

    return FULL if option == "full" else int(option)


def with_loss(changes: Sequence[str] | None, loss: str | None, reduction: str | None) -> list[str]:
    """Let ``--loss`` and ``--reduction`` go before the config's, so that its target is held against them.

    Raises AttnError where one of them is no loss or no reduction that there is.
    """
    from attncli.calculation import one_of  # noqa: PLC0415 - --help needs no NumPy
    from attncli.problem.targets import LOSSES, REDUCTIONS  # noqa: PLC0415

    taken = list(changes or ())
    for key, value, known in (("loss", loss, LOSSES), ("reduction", reduction, REDUCTIONS)):
        if value is not None:
            taken.append(f"{key}={one_of(f'--{key}', value, known)}")
    return taken


def load_problem(
    config: str | None,
    config_option: str | None,
    changes: Sequence[str] | None,
    environment: Environment,
    *,
    quiet: bool,
) -> Problem:
    """Load the problem that the command line names, and say which it is where it names none."""
    from attncli.problem.sources import default_source, load  # noqa: PLC0415 - it brings in NumPy

    if config is not None and config_option is not None:
        raise AttnError(
            _("CONFIG is given twice, as an argument and with --config"), hint=_("keep one of them")
        )
    source = config if config is not None else config_option
    said = None
    if source is None:
        source, said = default_source()
    problem = load(source, changes or ())
    if not quiet:
        for note in (*([said] if said else []), *problem.notes):
            environment.note(note)
    return problem


def show(result: Result, how: Show, environment: Environment, symbols: Sequence[str]) -> None:
    """Write the result where it is to go; all its numbers exist before the first character."""
    from attncli.show.export.shown import Shown  # noqa: PLC0415 - it brings in NumPy
    from attncli.show.views import Looks  # noqa: PLC0415

    if not how.quiet:
        for note in hidden_rows(result):
            environment.note(note)
    looks = Looks(stage(environment, how.output), decimals_of(how.decimals, result.decimals), how.full)
    shown = Shown(result, symbols, looks, how.head, how.quiet)
    deliver(how.format, how.format.write(shown), how.output, environment)


def hidden_rows(result: Result) -> Iterator[str]:
    """Tell which tokens may look at nothing: their weights are all zero."""
    problem, rows = result.problem, result.blind_tokens
    if rows:
        from attncli.show.words import label  # noqa: PLC0415
        from attncli.tokens import endings  # noqa: PLC0415

        ends = endings(problem.tokens)
        names = [label(problem.tokens[i], end=ends[i]) for i in rows[:MOST_NAMES]]
        more = ", …" * (len(rows) > MOST_NAMES)
        yield _(
            "everything is masked for {names}: the weights there are all 0, and so is what they bring back",
            names=", ".join(names) + more,
        )
