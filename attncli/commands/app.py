"""The command line: its commands, and what becomes of everything that can go wrong in them."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperGroup

from attncli import files, language
from attncli.commands.completion import completing
from attncli.commands.environment import Environment, discard
from attncli.commands.help_text import translate_help, translate_phrase, without_suggestion
from attncli.commands.options import command
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

SETTINGS = {"help_option_names": ["-h", "--help"]}
# The module of a command has its name, and in it the function of that name and its HELP.
COMMANDS: dict[str, str] = {
    "forward": N_("Every matrix, from the embeddings to the output."),
    "backward": N_("The loss, and its gradient with respect to every matrix."),
    "explain": N_("Where a number comes from; what a quantity is."),
    "formulas": N_("The page of formulas, without numbers."),
    "graph": N_("The computation graph: what flows into what."),
    "shapes": N_("Shapes, parameters and multiply-adds."),
    "init": N_("Write a config to start from."),
    "gradcheck": N_("Check gradients against finite differences."),
    "check": N_("Mark a sheet and name the mistakes on it."),
    "grade": N_("Mark a folder of sheets and write the gradebook."),
    "diagnose": N_("What homework cannot reveal, before it goes out."),
    "test": N_("Name the mistakes in attention code."),
    "diff": N_("What a change does to the page."),
    "train": N_("Gradient descent on the weights."),
    "guide": N_("Read the manual, one topic at a time."),
}
USAGE_ERROR: Any = typer.BadParameter.__base__  # not every Typer that will do has a public name for it


class Commands(Mapping[str, Any]):
    """The commands by name; each is loaded when it is first asked for, in the active language."""

    def __init__(self) -> None:
        self.loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - Typer keeps the types of its commands to itself
        """Load a command. Raises KeyError where there is none of that name."""
        if name not in self.loaded:
            short = COMMANDS[name]
            module = import_module(f"attncli.commands.{name}")
            alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            add = alone.command(name, help=module.HELP, short_help=short, context_settings=SETTINGS)
            add(getattr(module, name))
            self.loaded[name] = translate_help(typer.main.get_command(alone))
        return self.loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Name them all, in the order in which they are listed."""
        return iter(COMMANDS)

    def __len__(self) -> int:
        """How many there are."""
        return len(COMMANDS)


class Program(TyperGroup):
    """The whole program: a group of commands that are not loaded yet."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - as Typer's
        super().__init__(**{**attributes, "commands": Commands()})


app = typer.Typer(
    cls=Program, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=SETTINGS
)


def version(context: typer.Context, value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    """Print the version and stop."""
    if value:
        from attncli import __version__

        context.ensure_object(Environment).write([f"attncli {__version__}\n"])
        raise typer.Exit


@app.callback(
    help=N_("""An attention calculator that shows its working.

\b
Examples:
  attncli forward                     the built-in article, every matrix
  attncli backward --loss bce         its loss and every gradient
  attncli forward my.yaml --only S,A  two quantities of your own problem
  attncli backward my.yaml --json     everything, for a script""")
)
@command()
def program(
    *,
    environment: Environment,
    _version: bool = typer.Option(
        False, "--version", "-V", callback=version, is_eager=True, help=N_("Show the version.")
    ),
) -> None:
    """Take the options that stand before the command."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Only an internal error under --debug shows a traceback."""
    environment = Environment()
    files.READ.clear()
    try:
        return exit_code(arguments, environment)
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        discard(sys.stdout)  # whoever read it has had enough
        return ExitCode.OK
    finally:
        language.use(None)


def exit_code(arguments: Sequence[str], environment: Environment) -> int:
    """Run one command, report what goes wrong in it, and return its exit code."""
    try:
        language.use(None)
        language.use(language.choose(language_option(arguments), os.environ))
        main = translate_help(typer.main.get_command(app))
        if completing():
            main(prog_name="attncli")
        # Not app(): it would end the process itself where a pipe breaks.
        with main.make_context("attncli", list(arguments) or ["--help"], obj=environment) as context:
            code = main.invoke(context)
        environment.flush()
    except (BrokenPipeError, typer.Exit):
        raise
    except KeyboardInterrupt:
        environment.tell([environment.display(0).fit(_("interrupted"))])
        return ExitCode.INTERRUPTED
    except (AttnError, USAGE_ERROR, OSError, MemoryError) as wrong:
        error = told(wrong, arguments)
    except Exception as fault:  # noqa: BLE001 - whatever it is, a user gets a sentence
        if environment.debug:
            import traceback

            traceback.print_exc()
        message = _("internal error: {kind}: {fault}", kind=type(fault).__name__, fault=fault)
        environment.error(AttnError(message, hint=_("--debug shows where; please report it")))
        return ExitCode.FAULT
    else:
        return code or ExitCode.OK
    environment.error(error)  # what filled the memory is gone by now
    return ExitCode.BAD_INPUT


def language_option(arguments: Sequence[str]) -> str | None:
    """Find the last ``--lang`` before the command line is read, for what is said about reading it."""
    words = list(arguments)
    if "--" in words:
        words = words[: words.index("--")]
    for before, word in reversed([*pairwise(["", *words])]):
        if before == "--lang":
            return word
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


def told(wrong: Exception, arguments: Sequence[str]) -> AttnError:
    """Return the error for what is not a fault of this program; a file, or a stream, may have failed."""
    if isinstance(wrong, AttnError):
        return wrong
    if isinstance(wrong, OSError):
        if wrong.filename is None:
            discard(sys.stdout)  # a full disk fails again when the process ends
        return AttnError(f"{wrong.filename or _('standard output')}: {_(wrong.strerror or '')}")
    return too_large(wrong) if isinstance(wrong, MemoryError) else usage_error(wrong, arguments)


def usage_error(wrong: Any, arguments: Sequence[str]) -> AttnError:  # noqa: ANN401 - a USAGE_ERROR
    """Return the error for a command line that cannot be read."""
    context = getattr(wrong, "ctx", None)
    command = context.command_path if context else "attncli"
    message, suggestion = without_suggestion(wrong.format_message().rstrip("."))
    hint = (
        set_instead(wrong, arguments)
        or suggestion
        or _("{command} --help shows how to use it", command=command)
    )
    config = next((word for word in arguments if word.endswith((".yaml", ".yml", ".json"))), None)
    if command == "attncli" and config:
        hint = _("a config goes after a command: attncli forward {config}", config=config)
    return AttnError(translate_phrase(message), hint=hint)


def set_instead(wrong: Any, arguments: Sequence[str]) -> str:  # noqa: ANN401 - a USAGE_ERROR
    """Suggest ``--set mask=true`` for ``--mask``: an option that has the name of a key; "" for any other."""
    name, context = getattr(wrong, "option_name", ""), getattr(wrong, "ctx", None)
    options = [option for param in context.command.params for option in param.opts] if context else []
    if not name.startswith("--") or "--set" not in options:
        return ""
    from attncli.problem.foreign import setting
    from attncli.problem.keys import KEYS
    from attncli.problem.sources import builtin_names, is_config

    value = ""
    for word, behind in pairwise([*arguments, "-"]):
        if word == name and not (behind.startswith("-") or is_config(behind) or behind in builtin_names()):
            value = behind
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
    hint = setting(name, shlex.quote(value) if value else "", KEYS)
    return _("did you mean {names}?", names=hint) if hint.startswith("--set") else hint


def too_large(lack: MemoryError) -> AttnError:
    """Return the error that a problem does not fit into the memory, with the size of what did not."""
    message = _("this problem is too large for the memory of this machine")
    shape = getattr(lack, "shape", None)
    if shape:  # NumPy says what it had no room for
        size = math.prod(shape) * lack.dtype.itemsize  # type: ignore[attr-defined]
        about = _("{shape} numbers take {size}", shape=" × ".join(map(str, shape)), size=in_bytes(size))
        message = f"{message}: {about}"
    else:
        with suppress(ImportError):
            import resource  # not every system has it

            unit = 1 if sys.platform == "darwin" else 1024
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
            message = f"{message}: {_('{size} were in use', size=in_bytes(used))}"
    return AttnError(message, hint=_("keep fewer quantities, with --only; or shorten the sentence"))


def in_bytes(count: int) -> str:
    """Return a size as a person reads it."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
