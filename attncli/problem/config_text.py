"""A problem as the text of a config: what ``init`` and ``train`` write.

Any reader of YAML gets the same from it, also one of YAML 1.1: words stand between quotes, since
``no`` and ``on`` are truth values there, and a number with an exponent has a point, since ``1e-05`` is
a word.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from attncli.page.lying import exchanged, turn
from attncli.problem.keys import NUMBERS, PATHS
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attncli.ops.op import Array
    from attncli.problem.problem import Problem


LARGEST_WHOLE = 1e15
FLAGS = frozenset({"0", "1", "true", "false", "0.0", "1.0"})  # words that a padding list reads as numbers


def quote(text: str) -> str:
    """Put text between double quotes, whatever it holds; what is not printable is written out."""
    return '"' + "".join("\\" + char if char in '"\\' else sanitize(char) for char in text) + '"'


def number(value: float) -> str:
    """Write a number with every digit that it has; a place that does not count (NaN) is ``~``."""
    if math.isnan(value):
        return "~"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == round(value) and abs(value) < LARGEST_WHOLE:
        return str(int(value))
    digits, e, exponent = repr(float(value)).partition("e")
    return digits + (".0" if e and "." not in digits else "") + e + exponent


def matrix_lines(
    matrix: Array, write: Callable[[float], str] = number, comments: Sequence[str] = ()
) -> Iterator[str]:
    """Write a matrix one row a line, the numbers of a column under each other."""
    cells = [[write(x) for x in row] for row in matrix.tolist()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for i, row in enumerate(cells):
        if set(row) == {"~"}:
            yield "  - ~"
            continue
        numbers = ", ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  - [{numbers}]" + (f"   # {comments[i]}" if comments else "")


def flow(value: Array) -> str:
    """Write a matrix of any depth on one line."""
    if value.ndim == 0:
        return number(float(value))
    return f"[{', '.join(map(flow, value))}]"


def config_text(problem: Problem, heading: Sequence[str]) -> str:
    """Write a whole problem; reading it gives the same numbers, to the last digit.

    ``heading`` are the lines of its first comment.
    """
    lines = [f"# {sanitize(line)}".rstrip() for line in heading]
    lines += ["", *[f"layout: {problem.layout}"] * problem.lying, words_line(problem.tokens)]
    if "X" in problem.givens:
        lines += tokens_block("embeddings", "X", problem, problem.tokens)
    lines += context_lines(problem)
    lines += ["", f"heads: {problem.form.heads}", *mask_lines(problem)]
    if problem.form.scale != "√d_k":
        lines.append(f"scale: {number(problem.scale) if problem.scale is not None else 'false'}")
    elsewhere = {"X", "E", "Ev", "B", *problem.given_rows}
    for symbol in problem.givens:
        if symbol not in elsewhere:
            lines += block(symbol, problem.shown_given(symbol))
    lines += own_lines(problem)
    if problem.given_rows:
        lines += ["", "given:"]
        for symbol in (symbol for symbol in problem.letters if symbol in problem.given_rows):
            lines.append(f"  {symbol}: {flow(problem.shown_given(symbol))}")
    for target in (problem.target, problem.upstream):
        if target is not None:
            lines += block(target.name, turn(target.values) if problem.lying else target.values)
    lines += ["", f"loss: {problem.loss}", f"reduction: {problem.reduction}", f"decimals: {problem.decimals}"]
    return "\n".join(lines) + "\n"


def own_lines(problem: Problem) -> list[str]:
    """Write the formulas of the problem's own, its output, and the numbers that they read."""
    form = problem.form
    lines = (
        [
            "",
            "formulas: |",
            *(f"  {exchanged(row.formula) if problem.lying else row.formula}" for row in form.lines),
        ]
        if form.lines
        else []
    )
    lines += [f"output: {form.output}"] if form.output != "O" else []
    return lines + [
        f"{key}: {number(problem.numbers[symbol])}"
        for symbol, (key, usual) in NUMBERS.items()
        if problem.numbers.get(symbol, usual) != usual
    ]


def words_line(tokens: Sequence[str], inset: str = "") -> str:
    """Write the words as a sentence, or as a list where a word holds a space."""
    sentence = " ".join(tokens)
    if sentence.split() == list(tokens):
        return f"{inset}sentence: {quote(sentence)}"
    return f"{inset}tokens: [{', '.join(map(quote, tokens))}]"


def block(key: str, value: Array, comments: Sequence[str] = (), inset: str = "") -> list[str]:
    """Write a key with its number, its list or its rows."""
    if value.ndim != 2:  # noqa: PLR2004 - only a matrix has rows
        return ["", f"{inset}{key}: {flow(value)}"]
    rows = matrix_lines(value, comments=list(map(sanitize, comments)))
    return [*([] if inset else [""]), f"{inset}{key}:", *(inset + row for row in rows)]


def tokens_block(
    key: str, symbol: str, problem: Problem, tokens: Sequence[str], inset: str = ""
) -> list[str]:
    """Write embeddings, each row with its token behind it."""
    return block(key, problem.shown_given(symbol), () if problem.lying else tokens, inset)


def context_lines(problem: Problem) -> list[str]:
    """Write what keys and values come from in cross-attention."""
    if problem.context_tokens is None:
        return []
    lines = ["", "context:", words_line(problem.context_tokens, "  ")]
    for symbol in ("E", "Ev"):
        if symbol in problem.givens:
            lines += tokens_block(PATHS[symbol][-1], symbol, problem, problem.context_tokens, "  ")
    return lines


def mask_lines(problem: Problem) -> list[str]:
    """Write the mask: its parts, where it has several."""
    mask, parts = problem.mask, []
    if mask is None:
        return ["mask: false"]
    if mask.causal is not None:
        parts.append("true" if mask.causal == 0 else "causal-bottom-right")
    if mask.window is not None:
        low, high = mask.window
        corner = mask.causal or 0
        if low > corner:  # it stands in the bottom right corner, beside a causal mask that does not
            corner = len(problem.key_tokens) - len(problem.tokens)
            parts.append("causal-bottom-right")
        sides = f"[{corner - low}, {high - corner}]" if high > corner else f"{corner - low + 1}"
        parts.append(f"{{window: {sides}}}")
    seen = mask.matrix
    if mask.hidden is not None and FLAGS.isdisjoint(problem.key_tokens):
        parts.append(f"{{padding: {flow(mask.hidden * 1.0)}}}")
    elif mask.hidden is not None:  # beside a token "1" a list of 0 and 1 would be one of words
        shown = (~mask.hidden)[None, :].repeat(len(problem.tokens), axis=0)
        seen = shown if seen is None else seen & shown
    if seen is not None:
        parts.append(flow((turn(seen) if problem.lying else seen) * 1.0))
    if "B" in problem.givens:
        parts.append(f"{{add: {flow(problem.shown_given('B'))}}}")
    return [f"mask: {parts[0]}"] if len(parts) == 1 else ["mask:", *(f"  - {part}" for part in parts)]
