"""What forward and backward share: choosing the problem, and showing a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.errors import AttnError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.calculation import Result
    from attncli.commands.environment import Environment
    from attncli.problem.problem import Problem

MOST_DECIMALS = 15
MOST_NAMES = 12


@dataclass(frozen=True)
class Show:
    """How a result is to be shown."""

    only: str | None
    head: int | None
    decimals: str | None
    full: bool
    plain: bool
    json: bool
    quiet: bool

    @property
    def symbols(self) -> list[str] | None:
        """The rows asked for by name, in the order in which they were named."""
        if self.only is None:
            return None
        return list(dict.fromkeys(name.strip() for name in self.only.split(",") if name.strip()))

    def places(self, config: int) -> int:
        """How many decimals are shown: the option's, else the config's."""
        if self.decimals is None:
            return config
        from attncli.show.digits import FULL  # noqa: PLC0415 - it brings in NumPy

        return FULL if self.decimals == "full" else int(self.decimals)

    def check(self) -> None:
        """Refuse values that there are not, and options that would do nothing together."""
        if self.only is not None and not self.symbols:
            raise AttnError("--only names no row", hint="like --only Q,A")
        known = {"full", *map(str, range(MOST_DECIMALS + 1))}
        if self.decimals is not None and self.decimals not in known:
            raise AttnError(
                f"--decimals is {self.decimals!r}; expected a whole number from 0 to {MOST_DECIMALS}, or full"
            )
        if not self.json:
            return
        idle = {
            "--head": self.head is not None,
            "--decimals": self.decimals is not None,
            "--full": self.full,
            "--plain": self.plain,
        }
        for option, given in idle.items():
            if given:
                raise AttnError(
                    f"{option} does not go with --json, which always holds every number at full precision",
                    hint=f"leave {option} out",
                )

    def check_head(self, problem: Problem) -> None:
        """Refuse a head that the problem does not have."""
        heads = problem.form.heads
        if self.head is not None and not 1 <= self.head <= heads:
            raise AttnError(
                f"there is no head {self.head}",
                hint=f"this problem has {heads} head{'s' * (heads > 1)}, counted from 1",
            )


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
        raise AttnError("CONFIG is given twice, as an argument and with --config", hint="keep one of them")
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
    """Write the result to standard output; all its numbers exist before the first character."""
    if not how.quiet:
        for note in hidden_rows(result):
            environment.note(note)
    for text in screens(result, how, environment, symbols):
        environment.out.write(text)


def screens(result: Result, how: Show, environment: Environment, symbols: Sequence[str]) -> Iterator[str]:
    """Yield the result as text, piece by piece."""
    out = environment.out
    if how.json:
        from attncli.show.script import json_text  # noqa: PLC0415

        yield json_text(result.to_dict(), ascii_only=out.ascii_only)
        return
    decimals = how.places(result.problem.decimals)
    if how.plain:
        from attncli.show.plain import plain_text  # noqa: PLC0415

        yield from plain_text(result, symbols, decimals=decimals, head=how.head)
        return
    from attncli.show.tables import Screen  # noqa: PLC0415 - only tables need Rich

    screen = Screen(out, decimals=decimals, full=how.full, head=how.head)
    yield from screen.render(result, symbols, quiet=how.quiet)


def hidden_rows(result: Result) -> Iterator[str]:
    """Tell which tokens may look at nothing: their weights are all zero."""
    import numpy as np  # noqa: PLC0415 - --help needs no NumPy

    problem = result.problem
    if problem.mask is None or "M" not in result.page.row:
        return
    n, m = (problem.sizes[letter] for letter in ("n", "m"))
    blocked = ~problem.mask.allowed(n, m).any(axis=-1)
    rows = np.flatnonzero(blocked.any(axis=0) if blocked.ndim > 1 else blocked)
    if rows.size:
        from attncli.show.words import endings, label  # noqa: PLC0415

        ends = endings(problem.tokens)
        names = [label(problem.tokens[i], end=ends[i]) for i in rows[:MOST_NAMES]]
        more = ", …" * (rows.size > MOST_NAMES)
        yield (
            f"everything is masked for {', '.join(names)}{more}:"
            " the weights there are all 0, and so is what they bring back"
        )
