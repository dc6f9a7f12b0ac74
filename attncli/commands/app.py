"""The command line: its commands, and what becomes of everything that can go wrong in them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from attncli.commands import backward, forward, options
from attncli.commands.environment import Environment
from attncli.errors import AttnError, ExitCode
from attncli.show.messages import error_text
from attncli.show.terminal import accept_everything

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = """An attention calculator that shows its working.

\b
Examples:
  attncli forward                     the built-in article, every matrix
  attncli backward --loss bce         its loss and every gradient
  attncli forward my.yaml --only S,A  two rows of your own problem
  attncli backward my.yaml --json     everything, for a script
"""

app = typer.Typer(
    help=HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    """Print the version and stop."""
    if value:
        from attncli import __version__  # noqa: PLC0415

        sys.stdout.write(f"attncli {__version__}\n")
        raise typer.Exit


@app.callback()
def program(
    context: typer.Context,
    *,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
    _version: bool = typer.Option(
        False, "--version", "-V", callback=version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Take the options that stand before the command."""
    context.ensure_object(Environment).update(width, color, ascii_only=ascii_only, debug=debug)


app.command("forward", help=forward.HELP)(forward.forward)
app.command("backward", help=backward.HELP)(backward.backward)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Nothing but a fault under --debug shows a traceback."""
    accept_everything()
    environment = Environment()
    try:
        app(arguments or ["--help"], obj=environment, standalone_mode=False, prog_name="attncli")
        sys.stdout.flush()
    except AttnError as error:
        sys.stderr.write(error_text(error, environment.err))
        return ExitCode.BAD_INPUT
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough; what is left of it must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as fault:  # noqa: BLE001 - whatever it is, a user gets a sentence
        return failed(fault, environment)
    return ExitCode.OK


def failed(fault: Exception, environment: Environment) -> int:
    """Tell of a wrong use of the command line, or of a fault of ours."""
    if isinstance(fault, typer.TyperException):
        context = getattr(fault, "ctx", None)
        command = context.command_path if context else "attncli"
        usage = AttnError(fault.format_message().rstrip("."), hint=f"{command} --help lists what there is")
        sys.stderr.write(error_text(usage, environment.err))
        return ExitCode.BAD_INPUT
    if environment.debug:
        raise fault
    if isinstance(fault, MemoryError):
        message, hint = (
            "this problem is too large for the memory of this machine",
            "keep fewer rows with --only",
        )
    else:
        message, hint = (
            f"a fault of ours: {type(fault).__name__}: {fault}",
            "--debug shows where; please report it",
        )
    sys.stderr.write(error_text(AttnError(message, hint=hint), environment.err))
    return ExitCode.FAULT
