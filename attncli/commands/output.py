"""What forward and backward share: choosing the problem, and showing a result."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attncli.errors import AttnError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.calculation import Result
    from attncli.commands.environment import Environment
    from attncli.problem.problem import Problem


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

    def check(self) -> None:
        """Refuse options that would do nothing together."""
        if self.only is not None and not self.symbols:
            raise AttnError("--only names no row", hint="like --only Q,A")
        if not self.json:
            return
        idle = {"--head": self.head, "--decimals": self.decimals, "--full": self.full, "--plain": self.plain}
        for option, value in idle.items():
            if value:
                raise AttnError(
                    f"{option} does not go with --json, which always holds every number at full precision",
                    hint=f"leave {option} out",
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
            environment.note(f"note: {note}")
    return problem


def show(result: Result, how: Show, environment: Environment, symbols: Sequence[str]) -> None:
    """Write the result to standard output, all of it computed before the first character."""
    out = environment.out
    if not how.quiet:
        for note in hidden_rows(result):
            environment.note(f"note: {note}")
    if how.json:
        import json  # noqa: PLC0415

        json.dump(result.to_dict(), sys.stdout, ensure_ascii=out.ascii_only, allow_nan=False)
        sys.stdout.write("\n")
        return
    for text in screens(result, how, environment, symbols):
        sys.stdout.write(text)


def screens(result: Result, how: Show, environment: Environment, symbols: Sequence[str]) -> Iterator[str]:
    """Yield the result's rows as text."""
    decimals = decimals_of(how.decimals, result.problem.decimals)
    heads = result.problem.form.heads
    if how.head is not None and not 1 <= how.head <= heads:
        raise AttnError(
            f"there is no head {how.head}",
            hint=f"this problem has {heads} head{'s' * (heads > 1)}, counted from 1",
        )
    if how.plain:
        from attncli.show.plain import plain_text  # noqa: PLC0415

        return map(environment.out.fit, plain_text(result, symbols, decimals=decimals, head=how.head))
    from attncli.show.tables import Screen  # noqa: PLC0415 - only tables need Rich

    screen = Screen(environment.out, decimals=decimals, full=how.full, head=how.head)
    return iter(list(screen.render(result, symbols, quiet=how.quiet)))


def decimals_of(option: str | None, config: int) -> int:
    """Read ``--decimals``: a number, or full."""
    from attncli.show.digits import FULL  # noqa: PLC0415

    if option is None:
        return config
    if option == "full":
        return FULL
    most = 15
    if option.isdecimal() and int(option) <= most:
        return int(option)
    raise AttnError(f"--decimals is {option!r}; expected a whole number from 0 to {most}, or full")


def hidden_rows(result: Result) -> Iterator[str]:
    """Tell which tokens may look at nothing: their weights are all zero."""
    import numpy as np  # noqa: PLC0415

    from attncli.show.words import label  # noqa: PLC0415

    problem = result.problem
    if problem.mask is None or "M" not in result.page.row:
        return
    n, m = (problem.sizes[letter] for letter in ("n", "m"))
    blocked = ~problem.mask.allowed(n, m).any(axis=-1)
    rows = np.flatnonzero(blocked.any(axis=0) if blocked.ndim > 1 else blocked)
    if rows.size:
        names = ", ".join(label(problem.tokens[i]) for i in rows[:12]) + (", …" if rows.size > 12 else "")  # noqa: PLR2004
        yield f"everything is masked for {names}: the weights there are all 0, and so is what they bring back"
