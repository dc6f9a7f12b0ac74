"""The words over the tables: which problem it is, and each row's formula, size and meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.harmless import harmless
from attncli.language import _, plural
from attncli.show.captions import meaning
from attncli.show.digits import alone
from attncli.show.text import Text
from attncli.show.words import columns_of

if TYPE_CHECKING:
    from attncli.result import Loss, Result
    from attncli.show.terminal import Terminal

SYMBOL = "bold magenta"


def heading(result: Result, decimals: int, terminal: Terminal) -> Text:
    """Say which problem this is, how large, and what the loss came to."""
    problem = result.problem
    parts = [plural("{n} token", "{n} tokens", len(problem.tokens))]
    if problem.context_tokens is not None:
        count = len(problem.context_tokens)
        parts.append(plural("{n} context token", "{n} context tokens", count))
    if problem.form.heads > 1:
        parts.append(plural("{n} head", "{n} heads", problem.form.heads))
    parts += [
        f"{letter} = {problem.sizes[letter]}"
        for letter in ("d_model", "d_k", "d_v")
        if letter in problem.sizes
    ]
    line = Text(terminal.fit(f"{harmless(problem.name)}: {', '.join(parts)}"))
    if result.loss:
        line.append("\n").append_text(loss_line(result.loss, decimals, terminal))
    return line


def loss_line(loss: Loss, decimals: int, terminal: Terminal) -> Text:
    """Say what the loss came to, and how it was taken."""
    line = Text().append("L", SYMBOL).append(terminal.fit(f" = {alone(loss.value, decimals)}"), "bold")
    return line.append(f"   {loss.name}, {loss.reduction}", "dim")


def title(result: Result, symbol: str, decimals: int, terminal: Terminal) -> Text:
    """Write the formula, its size and its meaning; and the numbers that stand in it as letters."""
    formula = equation(result, symbol, decimals).removeprefix(symbol)
    line = Text().append(terminal.fit(symbol), SYMBOL).append(terminal.fit(formula), "bold")
    rest = terminal.fit("   ".join(part for part in about(result, symbol, decimals) if part))
    gap = "   " if columns_of(line.plain) + 3 + len(rest) <= terminal.width else "\n"
    return line.append(gap).append(rest, "dim")


def equation(result: Result, symbol: str, decimals: int) -> str:
    """Write the formula; that of one number says what it came to."""
    value = result[symbol]
    return result.formula(symbol) + (f" = {alone(float(value), decimals)}" if value.ndim == 0 else "")


def about(result: Result, symbol: str, decimals: int) -> tuple[str, ...]:
    """Tell the size, the meaning, the numbers that stand in the formula as letters, and the drift."""
    row = result.page.row.get(symbol)
    constants = [
        f"{name} = {alone(result.constants[name], decimals)}"
        for name in (row.args if row else ())
        if name in result.constants
    ]
    return (
        " × ".join(map(str, result[symbol].shape)),
        meaning(symbol, result.problem.form.heads),
        ", ".join(constants),
        drift(result, symbol),
    )


def drift(result: Result, symbol: str) -> str:
    """Say how far rounding on the way has carried a row from its exact value; nothing without rounding."""
    off = result.drift(symbol)
    if off is None:
        return ""
    return _("off by up to {size:.2g}", size=off) if off else _("exact")
