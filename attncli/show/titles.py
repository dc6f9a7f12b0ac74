"""The words over the tables: which problem it is, and each row's formula, size and meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from attncli.show.captions import meaning
from attncli.show.digits import alone
from attncli.show.words import harmless

if TYPE_CHECKING:
    from attncli.calculation import Loss, Result
    from attncli.show.terminal import Terminal

SYMBOL = "bold magenta"


def heading(result: Result, decimals: int, terminal: Terminal) -> Text:
    """Say which problem this is, how large, and what the loss came to."""
    problem = result.problem
    parts = [counted(len(problem.tokens), "token")]
    if problem.context_tokens is not None:
        parts.append(counted(len(problem.context_tokens), "context token"))
    if problem.form.heads > 1:
        parts.append(f"{problem.form.heads} heads")
    parts += [
        f"{letter} = {problem.sizes[letter]}"
        for letter in ("d_model", "d_k", "d_v")
        if letter in problem.sizes
    ]
    line = Text(terminal.fit(f"{harmless(problem.name)}: {', '.join(parts)}"))
    if result.loss:
        line.append("\n").append_text(loss_line(result.loss, decimals, terminal))
    return line


def counted(number: int, what: str) -> str:
    """``1 token``, ``9 tokens``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def loss_line(loss: Loss, decimals: int, terminal: Terminal) -> Text:
    """Say what the loss came to, and how it was taken."""
    line = Text().append("L", SYMBOL).append(terminal.fit(f" = {alone(loss.value, decimals)}"), "bold")
    return line.append(f"   {loss.name}, {loss.reduction}", "dim")


def title(result: Result, symbol: str, decimals: int, terminal: Terminal) -> Text:
    """Write the formula, its size and its meaning; and the numbers that stand in it as letters."""
    value = result[symbol]
    formula = result.formula(symbol).removeprefix(symbol)
    if value.ndim == 0:
        formula += f" = {alone(float(value), decimals)}"
    row = result.page.row.get(symbol)
    constants = [
        f"{name} = {alone(result.constants[name], decimals)}"
        for name in (row.args if row else ())
        if name in result.constants
    ]
    about = (
        " × ".join(map(str, value.shape)),
        meaning(symbol, result.problem.form.heads),
        ", ".join(constants),
    )
    line = Text().append(terminal.fit(symbol), SYMBOL).append(terminal.fit(formula), "bold")
    rest = terminal.fit("   ".join(part for part in about if part))
    gap = "   " if line.cell_len + 3 + len(rest) <= terminal.width else "\n"
    return line.append(gap).append(rest, "dim")
