"""Answers in other forms than the page's: under a name that only looks otherwise, or with other brackets."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.answer import Answer, read_answer, read_cells, unread
from attncli.language import GREEK, N_, _

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.key import Key
    from attncli.homework.sheet import Sheet

    Cells = NDArray[Any]


MATRIX, HEADS = 2, 3  # how many axes they have
WHOLE = -1  # in the place of a head's number: all of them
MAX_NAME = 40  # characters of a symbol
MAX_NOTES = 10
BELOW = N_("its heads stand below each other")
BESIDE = N_("its heads stand side by side")
ONE_BY_ONE = N_("it is written one head after the other")
ONE_LINE = N_("its rows stand in one line; | behind the key keeps the lines apart")
_COMMA = re.compile("(?<=[0-9]),(?=[0-9])")
_NABLA = str.maketrans("∂∇", "dd")
_GREEK = str.maketrans({letter: name for name, letter in GREEK.items()})
_ONE_HEAD = re.compile(r"(.+?)((?:head|h)?)([0-9]{1,3})")


# Names


def matched(sheet: Sheet, key: Key) -> Sheet:
    """Return a sheet with its answers under the page's symbols: ``dWQ`` is dWq, ``A1`` the first head of A.

    What is answered already is left out, so that nothing is charged twice; notes say so.
    """
    strange = [name for name in sheet.answers if name not in key.values and name not in key.given]
    if not strange:
        return sheet
    folded = Counter(map(fold_name, key.symbols))
    symbols = {fold_name(symbol): symbol for symbol in key.symbols if folded[fold_name(symbol)] == 1}
    givens = {fold_name(symbol): symbol for symbol in key.setting.givens}
    places = dict[str, dict[int, str]]()
    answers, notes = dict(sheet.answers), list[str]()
    for name in strange:
        symbol, head = place_of(name, symbols)
        symbol = symbol or givens.get(fold_name(name))
        if symbol is None or head > heads_of(symbol, key):
            continue
        known = places.setdefault(symbol, {})
        if symbol in answers or head in known or (known and WHOLE in {head, *known}):
            notes.append(
                _("{name!r} is not read: {symbol} is answered already", name=name[:MAX_NAME], symbol=symbol)
            )
            del answers[name]
        else:
            known[head] = name
    for symbol, names in places.items():
        pieces = {head: answers.pop(name) for head, name in names.items()}
        told = {"name": ", ".join(name[:MAX_NAME] for name in names.values()), "symbol": symbol}
        if WHOLE in pieces:
            answers[symbol] = pieces[WHOLE]
            notes.append(_("{name!r} is read as {symbol}", **told))
        elif pieces:
            answers[symbol] = stacked(pieces, heads_of(symbol, key))
            notes.append(_("read as heads of {symbol}: {name}", **told))
    if len(notes) > MAX_NOTES:
        notes = [*notes[:MAX_NOTES], _("and {count} more", count=len(notes) - MAX_NOTES)]
    return replace(sheet, answers=answers, notes=(*sheet.notes, *notes))


def heads_of(symbol: str, key: Key) -> int:
    """Count a row's heads: shared keys and values have fewer than the queries."""
    value = key.values.get(symbol)
    return key.problem.form.heads if value is None or value.ndim < HEADS else len(value)


def fold_name(name: str) -> str:
    """Return a symbol without what is only a way of writing it.

    ∂L/∂W_q, dW_Q and dWq are the same, and so are γ1 and gamma1.
    """
    plain = unicodedata.normalize("NFKC", name[:MAX_NAME]).translate(_NABLA).casefold().translate(_GREEK)
    return "".join(letter for letter in plain.removeprefix("dl/") if letter.isalnum())


def place_of(name: str, symbols: Mapping[str, str]) -> tuple[str | None, int]:
    """Tell of which row, and of which of its heads, ``A1``, ``A[1]`` or ``A_head1`` is the name."""
    folded = fold_name(name)
    match = _ONE_HEAD.fullmatch(folded)
    if folded in symbols or match is None:
        return symbols.get(folded), WHOLE
    return symbols.get(match[1] + match[2]) or symbols.get(match[1]), int(match[3])


def stacked(pieces: Mapping[int, Answer], count: int) -> Answer:
    """Put heads, counted from 1 or from 0, into one answer; a head that is missing is blank."""
    first = min(1, *pieces)
    if max(pieces) >= first + count:
        return unread(_("its heads are counted from 0, and there are more than {count}", count=count))
    for head, piece in pieces.items():
        if piece.fault:
            return unread(_("head {head}: {what}", head=head, what=piece.fault))
    shapes = {piece.values.shape for piece in pieces.values()}
    if len(shapes) > 1:
        return unread(_("its heads have different sizes"))
    (shape,) = shapes
    blank = read_cells(["~"] * math.prod(shape), shape)
    return combined([pieces.get(head, blank) for head in range(first, first + count)], np.stack)


def combined(pieces: Sequence[Answer], combine: Callable[[list[Cells]], Cells], note: str = "") -> Answer:
    """Make one answer of several, or another one of one: ``combine`` puts the cells in their places."""
    shape = pieces[0].values.shape
    spreads = [np.full(shape, np.nan) if piece.spread is None else piece.spread for piece in pieces]
    precisions = {piece.precision for piece in pieces}
    return Answer(
        tuple(combine([np.array(piece.texts, object).reshape(shape) for piece in pieces]).ravel().tolist()),
        combine([piece.values for piece in pieces]),
        combine([piece.blank for piece in pieces]),
        combine([piece.unreadable for piece in pieces]),
        combine([piece.exact for piece in pieces]),
        max(piece.decimals for piece in pieces),
        plain=all(piece.plain for piece in pieces),
        spread=None if all(piece.spread is None for piece in pieces) else combine(spreads),
        precision=precisions.pop() if len(precisions) == 1 else None,
        note=note,
    )


# Shapes


def shaped(answer: Answer, right: tuple[int, ...], heads: int) -> Answer:
    """Bring an answer of another shape into the row's, where its sizes leave no doubt how."""
    if not answer.values.shape and answer.unreadable:
        return unread(_("{text!r} cannot be read as rows of numbers", text=answer.texts[0]))
    found = arranged(answer, right, heads)
    if found is None and "." not in answer.pasted:  # commas that could separate, but do not
        again = read_answer(_COMMA.sub(".", answer.pasted))
        found = arranged(again, right, heads) if again and not again.unreadable.any() else None
    return found or answer


def arranged(answer: Answer, right: tuple[int, ...], heads: int) -> Answer | None:
    """Put an answer's cells into the row's shape; None where it is not clear how."""
    shape = answer.values.shape
    if shape == right or without_brackets(shape) == without_brackets(right):
        return combined([answer], lambda cells: cells[0].reshape(right), answer.note)
    for size, order, note in ways(right, heads, lines_lost=bool(answer.pasted)):
        if size == shape:
            return combined([answer], lambda cells: order(cells[0], right), note)  # noqa: B023 - called at once
    return None


def ways(
    right: tuple[int, ...], heads: int, *, lines_lost: bool
) -> Iterator[tuple[tuple[int, ...], Callable[[Cells, tuple[int, ...]], Cells], str]]:
    """Yield the other shapes that a row may have, how its cells lie there, and what is said of it."""
    if len(right) == 1:
        yield (*right, 1), np.reshape, ""
        if right[0] % heads == 0:
            yield (heads, right[0] // heads), np.reshape, ""
    elif len(right) == HEADS:
        size, rows, columns = right
        yield (size * rows, columns), np.reshape, _(BELOW)
        yield (rows, size * columns), apart, _(BESIDE)
    elif len(right) == MATRIX:
        rows, columns = right
        if columns % heads == 0:
            yield (heads, rows, columns // heads), beside, _(ONE_BY_ONE)
        if rows % heads == 0:
            yield (heads, rows // heads, columns), np.reshape, _(ONE_BY_ONE)
    if lines_lost:
        yield (math.prod(right),), np.reshape, _(ONE_LINE)


def apart(cells: Cells, right: tuple[int, ...]) -> Cells:
    """Cut blocks of columns apart."""
    size, rows, columns = right
    return cells.reshape(rows, size, columns).swapaxes(0, 1)


def beside(cells: Cells, right: tuple[int, ...]) -> Cells:
    """Put matrices side by side."""
    return cells.swapaxes(0, 1).reshape(right)


def without_brackets(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without the brackets that hold only one thing."""
    bare = tuple(shape)
    while bare and (bare[0] == 1 or math.prod(bare) == 1):
        bare = bare[1:]
    return bare
