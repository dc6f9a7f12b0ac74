"""``attncli explain``: where a number comes from, or what a quantity of the page is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from typing import TYPE_CHECKING, cast

import typer

from attncli.commands.environment import Environment
from attncli.commands.options import (
    Changes,
    ConfigOption,
    Decimals,
    Force,
    OnPaper,
    PageJson,
    ResultFile,
    Source,
    check_decimals,
    command,
    decimals_of,
    flag,
    option,
)
from attncli.commands.output import destination
from attncli.errors import AttnError
from attncli.export.formats import FORMATS
from attncli.language import N_, _

if TYPE_CHECKING:
    from attncli.problem.problem import Problem
    from attncli.result import Result
    from attncli.rounding import Rounding


HELP = N_("""Show where a number comes from: the formula, the numbers put in, the result.

Name a cell by its tokens or its place, counted from 1: A[Death,wind] or A[1,5]; a head goes first:
A[2][1,5]. Without brackets it is A Death wind. A[Death] is a whole row, (*)[Death] the derivative of
the softmax at that row. A symbol alone, such as A, is explained in words.

\b
Examples:
  attncli explain 'A[Death,wind]'              one weight, and the scores it is made from
  attncli explain 'A[Death,wind]' --depth all  down to the embeddings and the weights
  attncli explain 'dZ[Death,wind]' 'dX[1,1]'   gradients
  attncli explain 'A[Death]' '(*)[Death]'      a row of weights, and its derivative
  attncli explain A Z                          quantities in words
  attncli explain 'dWq[1,1]' -o working.tex    a LaTeX document
  attncli explain multihead 'A[2][is,Death]'""")


@command(quiet=N_("Show no notes."))
def explain(
    *,
    cells: list[str] = typer.Argument(
        metavar="CELL...",
        help=N_(
            "Cells such as A[Death,wind] or A Death wind, rows such as A[Death], symbols such as A; before or"
            " after them a config."
        ),
    ),
    config_option: ConfigOption = None,
    depth: str = option(
        "--depth", "N|all", N_("How many steps to go back; all goes down to the givens."), "1"
    ),
    changes: Changes,
    decimals: Decimals = None,
    on_paper: OnPaper,
    full: bool = flag("--full", N_("Write every term of a long sum.")),
    json: PageJson = False,
    style: str | None = option(
        "--format -f",
        (name for name, format_ in FORMATS.items() if format_.explainer),
        N_("Output format. Default: by the output's file extension, then text."),
    ),
    output: ResultFile = None,
    force: Force = False,
    environment: Environment,
) -> None:
    """Parse, calculate, explain."""
    cells, config = sorted_out(cells, named=config_option is not None)
    if depth != "all" and not depth.isdecimal():
        raise AttnError(_("--depth is {depth!r}; expected a whole number or all", depth=depth))
    check_decimals(decimals)
    target = destination(style, output, json=json, force=force)
    if not target.format.explainer:
        raise AttnError(
            _(
                "--format {name} holds matrices; an explanation is words and arithmetic",
                name=target.format.name,
            ),
            hint=_("--format json for a script; markdown, latex, html or svg for a document"),
        )
    target.check()
    rounding = on_paper.rounding()
    problem = Source(config, config_option).load(environment, changes.with_loss())
    result, cells = calculate(problem, cells, rounding)
    from attncli.show.explain import Explained

    shown = decimals_of(decimals, result.decimals)
    steps = None if depth == "all" else int(depth)
    whole = full or target.format.name == "json"
    explained = [Explained(result, cell, steps, shown, whole) for cell in cells]
    display = environment.display(shown, full=full, output=output)
    # Whole before the first character is written: the last cell may be one that does not exist.
    target.write(list(cast("Iterable[str]", target.format.explain(explained, display))), environment)


def sorted_out(words: Sequence[str], *, named: bool) -> tuple[list[str], str | None]:
    """Return what is to be explained, and the config that stands before or after it, if any.

    With a config ``named`` by an option, the name of a built-in problem is a word like any other. Raises
    AttnError where there are two configs, or nothing but a config.
    """
    configs = [i for i, text in enumerate(words) if is_config(words, i, named=named)]
    found = [words[i] for i in configs]
    cells = [text for i, text in enumerate(words) if i not in configs]
    if not cells:
        call = f"attncli explain {quote('A[1,5]')} -c {quote(found[0][:60])}"
        raise AttnError(
            _("{text!r} is a config; expected a cell to explain", text=found[0][:60]),
            hint=_("name a cell too: {call}", call=call),
        )
    if len(found) + named > 1:
        raise AttnError(
            _("{text!r} is a config, and one is named already", text=found[-1][:60]),
            hint=_("keep one of them"),
        )
    return cells, found[0] if found else None


def is_config(words: Sequence[str], i: int, *, named: bool) -> bool:
    """Whether a word names a config; of a bare word that may belong to a cell, a file decides nothing."""
    from pathlib import Path

    from attncli.problem.sources import builtin_names
    from attncli.show.glossary import GLOSSARY

    text = words[i]
    if text == "-" or text.lower().endswith((".yaml", ".yml", ".json")):
        return True
    if text in builtin_names():
        return not named or i == 0 or "[" in words[i - 1]
    bare = "." not in text and "/" not in text
    if bare and (text.removeprefix("d") in GLOSSARY or (i > 0 and "[" not in words[i - 1])):
        return False
    return "[" not in text and Path(text).is_file()


def cells_of(words: Sequence[str], labels: Callable[[str], Iterable[str] | None]) -> list[str]:
    """Put the words behind a symbol into its brackets: ``A Death wind`` is ``A[Death,wind]``.

    ``labels`` returns the tokens of a symbol's axes, None for what is no symbol of the page.
    """
    from attncli.names import is_index, unless_plain

    cells: list[tuple[str, list[str]]] = []
    for word in words:
        tokens = labels(cells[-1][0]) if cells else None
        if tokens is not None and labels(word) is None and is_index(word, list(tokens)):
            cells[-1][1].append(word if word.startswith('"') else unless_plain(word))
        else:
            cells.append((word, []))
    return [f"{cell}[{','.join(indices)}]" if indices else cell for cell, indices in cells]


def calculate(problem: Problem, words: Sequence[str], rounding: Rounding | None) -> tuple[Result, list[str]]:
    """Work out as much of the page as the cells need: only the forward pass where that is enough.

    What is to be explained in words has a gradient too, where the problem has a loss. Raises AttnError for
    a symbol that no page of this problem has, before it needs a target.
    """
    from attncli import calculation
    from attncli.names import STAR, parse_cell
    from attncli.page.chain_rule import whole_page
    from attncli.report import not_on_page
    from attncli.result import letters_of

    forward = calculation.forward(problem, rounding=rounding)
    page = whole_page(problem.form, problem.given_rows, problem.loss, mean=False)
    known = dict.fromkeys([*forward.values, *({"Y", "U"} & page.reads), *page.row])

    def labels(symbol: str) -> list[str] | None:
        if symbol not in known and symbol != STAR:
            return None
        letters = letters_of(problem, "A" if symbol == STAR else symbol)
        return [token for letter in letters for token in problem.labels(letter) or ()]

    cells = cells_of(words, labels)
    symbols = []
    for cell in cells:
        symbols.append(parse_cell(cell))
        if labels(symbols[-1][0]) is None:
            raise not_on_page(symbols[-1][0], known)
    enough = all(symbol in forward.values for symbol, _indices in symbols if symbol != STAR)
    if enough and all(indices and symbol != STAR for symbol, indices in symbols):
        return forward, cells
    try:
        return calculation.backward(problem, rounding=rounding), cells
    except AttnError:
        if enough:
            return forward, cells
        raise
