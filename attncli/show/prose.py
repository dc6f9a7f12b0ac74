"""A row of the page explained in words: what it is, why it is there, what it is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _
from attncli.show.captions import meaning
from attncli.show.lessons import LESSONS, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.result import Result


def prose(result: Result, symbol: str) -> Iterator[str]:
    """Yield paragraphs about one symbol of the page."""
    heads = result.problem.form.heads
    row = result.page.row.get(symbol)
    shape = " × ".join(map(str, result[symbol].shape)) or _("one number")
    letters = " × ".join(result.letters(symbol))
    yield f"{result.formula(symbol)}   {shape}" + (f"   ({letters})" if letters else "")
    yield from gradient_words(result, symbol) if row and row.backward else forward_words(symbol)
    if row:
        sources = dict.fromkeys(name for name, _turned in row.reads if name in result.values)
        named = ", ".join(f"{name} ({meaning(name, heads)})" for name in sources)
        yield _("Made from {sources}.", sources=named)
    else:
        yield _("It is given: the config says what it is.")
    readers = [reader.formula for reader in result.page.rows if symbol in dict(reader.reads)]
    if readers:
        yield _("Goes into  {formulas}.", formulas=";  ".join(readers))
    gradient = result.page.row.get(f"d{symbol}")
    if gradient:
        rule = _(RULES.get(type(gradient.op).__name__, ""))
        yield f"{_('Its gradient: {formula}.', formula=gradient.formula)} {rule}".rstrip()


def forward_words(symbol: str) -> Iterator[str]:
    """What a quantity of the forward pass is, and why it is there."""
    what, why = LESSONS[symbol]
    yield _(what)
    yield _(why)


def gradient_words(result: Result, symbol: str) -> Iterator[str]:
    """What a gradient says, and where its rule comes from."""
    of, _underscore, path = symbol.removeprefix("d").partition("_")
    if path:
        yield _(
            "{symbol} is ∂L/∂{of}: how much the loss L grows for each unit that a cell of {of} grows,"
            " as far as {of} acts through {path}. It has the shape of {of}.",
            symbol=symbol,
            of=of,
            path=path,
        )
    else:
        yield _(
            "{symbol} is ∂L/∂{of}: how much the loss L grows for each unit that a cell of {of} grows."
            " It has the shape of {of}.",
            symbol=symbol,
            of=of,
        )
    yield _(RULES[type(result.page.row[symbol].op).__name__])
