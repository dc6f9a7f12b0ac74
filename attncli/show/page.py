"""The screens: each row of the page as a table with its formula."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import _, plural
from attncli.show.glossary import meaning
from attncli.show.matrix import (
    DOWN,
    HEADED,
    SAME,
    Looks,
    View,
    blocks,
    column_widths,
    flush,
    labels_of,
    matrix_view,
    view_width,
)
from attncli.show.numbers import aligned, alone, texts
from attncli.show.terminal import Span, Text, columns_of, painted
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from attncli.ops.op import Array
    from attncli.result import Loss, Result
    from attncli.show.terminal import Terminal


BETWEEN_HEADS = 4
HEAT = (
    (0.85, "bold color(231) on color(160)"),
    (0.65, "color(16) on color(202)"),
    (0.45, "color(16) on color(208)"),
    (0.25, "color(16) on color(172)"),
    (0.12, "color(16) on color(137)"),
)
Cell = Span
SYMBOL = "bold magenta"
NOTHING = "–"
DECIMALS = 2
RANKS = 2  # looked at most, and then


class Screen:
    """Renders results for one terminal; what it yields is text, ready to be written."""

    def __init__(self, terminal: Terminal, *, decimals: int, full: bool, head: int | None) -> None:
        self.terminal = terminal
        self.looks = Looks(terminal, decimals, full)
        self.head = head
        self.mark = terminal.fit("▸")
        self.rule = terminal.fit("─")

    def render(self, result: Result, symbols: Sequence[str], *, quiet: bool) -> Iterator[str]:
        """Yield the page's tables, one after the other, and what to read off them."""
        if not quiet:
            yield from self.text([heading(result, self.looks.decimals, self.terminal)])
            yield "\n"
        for symbol in symbols:
            yield from self.text(self.row(result, symbol))
            yield "\n"
        if not quiet and "A" in symbols:
            yield from self.text(self.reading(result))
            yield "\n"
        if not quiet and result.loss and "L" in symbols[:-1]:  # by now it has scrolled away
            yield from self.text([loss_line(result.loss, self.looks.decimals, self.terminal)])

    def text(self, parts: Iterable[Text | str]) -> Iterator[str]:
        """Finish lines: those of a text are broken at the width of the terminal; a table's are whole."""
        for part in parts:
            if isinstance(part, str):
                yield "".join([line.rstrip(" ") + "\n" for line in part.split("\n")])
                continue
            longest = max(map(columns_of, part.plain.split()), default=0)
            for line in part.lines(max(self.terminal.width, longest)):
                yield line.painted(color=self.terminal.color).rstrip(" ") + "\n"

    def paint(self, text: str, style: str) -> str:
        """Give a piece of a table its style, where there is colour."""
        return painted(text, style) if self.terminal.color else text

    def row(self, result: Result, symbol: str) -> Iterator[Text | str]:
        """Lay out one row of the page: its formula, then its numbers."""
        value = result.shown(symbol)
        yield title(result, symbol, self.looks.decimals, self.terminal)
        if value.ndim == 0:
            return
        rows, columns = [("",), *labels_of(result, symbol)][-2:]
        matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
        chosen = range(len(matrices)) if self.head is None or value.ndim < HEADED else [self.head - 1]
        peak = max(float(matrices[h].max()) for h in chosen) if symbol == "A" else None
        views = [matrix_view(matrices[h], rows, columns, self.looks, peak=peak) for h in chosen]
        if value.ndim < HEADED:
            yield from self.blocks(views[0])
        else:
            yield from self.side_by_side([_("head {number}", number=h + 1) for h in chosen], views)
        if any(any(line) for view in views for line in view.largest or ()):
            yield Text(f"{self.mark} {self.terminal.fit(_('the largest of its row'))}", "dim")
        if views[0].hidden:
            yield Text(views[0].hidden, "dim")

    def reading(self, result: Result) -> Iterator[Text | str]:
        """Lay out what there is to see in the attention weights."""
        words = _("Read off A: the word that each token looks at most")
        yield Text(self.terminal.fit(words), "bold")
        yield from self.blocks(reading(result, self.looks, head=self.head))

    def blocks(self, view: View) -> Iterator[str]:
        """Lay out a table of each block of columns that fits the width."""
        found, gap = blocks(view, self.terminal.width)
        for i, table in enumerate(self.tables(view, found, gap)):
            if i:
                yield ""
            yield "\n".join(table)

    def tables(self, view: View, found: Sequence[range], gap: int) -> Iterator[list[str]]:
        """Lay out each block of columns, line by line; one blank of the gap belongs to no column."""
        before = " " * (gap - 1 + bool(view.largest))
        between = self.paint(" ", "dim") + before
        corner = " " * max(1, columns_of(view.rows[0]))  # the only row of a bias has no name
        names = [name or corner for name in view.rows]
        whole = ["" if self.terminal.color else cuttable(cells, between) for cells in view.cells]
        ends = [0, *accumulate(column_widths(view, gap))]
        for block in found:
            start, end = ends[block.start], ends[block.stop]
            lines = [name + line[start:end] for name, line in zip(names, whole, strict=True)]
            for i in self.others(view, whole, block):
                cells = [self.paint(*self.cell(view, i, j, before)) for j in block]
                lines[i] = self.paint(" ", "dim").join([names[i], *cells])
            yield [
                between.join([corner, *view.columns[block.start : block.stop]]),
                self.paint(self.rule * (len(corner) + end - start), "dim"),
                *lines,
            ]

    def others(self, view: View, whole: Sequence[str], block: range) -> list[int]:
        """Name the lines that are put together cell by cell: some cell is marked, coloured or wide."""
        part = slice(block.start, block.stop)
        return [
            i for i, line in enumerate(whole) if not line or (view.largest and True in view.largest[i][part])
        ]

    def cell(self, view: View, i: int, j: int, before: str) -> Cell:
        """Write one number, marked and shaded where it is an attention weight."""
        text = before + view.cells[i][j]
        if view.largest is not None and view.largest[i][j]:
            inset = len(text) - len(text.lstrip())
            text = text[: inset - 1] + self.mark + text[inset:]
        if view.heat is None:
            return Cell(text)
        heat = view.heat[i, j]
        return Cell(text, next((style for least, style in HEAT if heat >= least), ""))

    def side_by_side(self, titles: Sequence[str], views: Sequence[View]) -> Iterator[Text | str]:
        """Put as many heads beside each other as the width allows."""
        wide = max(map(view_width, views))
        together = max(1, (self.terminal.width + BETWEEN_HEADS) // (wide + BETWEEN_HEADS))
        for first in range(0, len(views), together):
            if first:
                yield ""
            if together == 1:
                yield Text(titles[first], "bold")
                yield from self.blocks(views[first])
                continue
            yield from self.abreast(titles[first : first + together], views[first : first + together])

    def abreast(self, titles: Sequence[str], views: Sequence[View]) -> Iterator[str]:
        """Put heads beside each other; each of them fits the width."""
        parts = []
        for name, view in zip(titles, views, strict=True):
            found, gap = blocks(view, self.terminal.width)
            spare = view_width(view) - columns_of(name)
            (table,) = self.tables(view, found, gap)
            lines = [line + " " * -spare for line in table]
            parts.append([self.paint(name, "bold") + " " * spare, *lines])
        for line in zip(*parts, strict=True):
            yield (" " * BETWEEN_HEADS).join(line)


def cuttable(cells: Sequence[str], between: str) -> str:
    """Put a line together once for all blocks; "" where its characters are not its columns."""
    line = between + between.join(cells)
    return line if line.isascii() else ""


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
    line = Text(terminal.fit(f"{sanitize(problem.name)}: {', '.join(parts)}"))
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
    value = result.shown(symbol)
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
        meaning(symbol, result.problem.form.heads, row),
        ", ".join(constants),
        drift(result, symbol),
    )


def drift(result: Result, symbol: str) -> str:
    """Say how far rounding on the way has carried a row from its exact value; nothing without rounding."""
    off = result.drift(symbol)
    if off is None:
        return ""
    return _("off by up to {size:.2g}", size=off) if off else _("exact")


def reading(result: Result, looks: Looks, *, head: int | None) -> View:
    """Return a table of words: the one looked at most, and for a single head the next one too."""
    n, m = result["A"].shape[-2:]
    weights = result["A"].reshape(-1, n, m)
    heads = range(len(weights)) if head is None else [head - 1]
    places = looks.places(n)
    titles, columns = [], []
    for h in heads:
        ranks = [ranked(weights[h, i]) if i >= 0 else [] for i in places]
        for rank in range(RANKS if len(heads) == 1 else 1):
            title = (
                (_("looks most at"), _("then at"))[rank]
                if len(heads) == 1
                else _("head {number}", number=h + 1)
            )
            column = flush([looks.terminal.fit(title), *said(ranks, rank, places, result, looks)], left=True)
            titles.append(column[0])
            columns.append(column[1:])
    return View(
        rows=flush(looks.names(result.problem.tokens, places), left=True),
        columns=titles,
        cells=[list(line) for line in zip(*columns, strict=True)],
    )


def ranked(weights: Array) -> list[tuple[float, list[int]]]:
    """Group the places of a row by weight: the heaviest two groups; weights of 0 are left out."""
    groups: list[tuple[float, list[int]]] = []
    for j in np.argsort(-weights, kind="stable").tolist():
        weight = float(weights[j])
        if groups and groups[-1][0] - weight <= SAME:
            groups[-1][1].append(j)
        elif weight > 0 and len(groups) < RANKS:
            groups.append((weight, [j]))
        else:
            break
    return groups


def said(
    ranks: Sequence[list[tuple[float, list[int]]]],
    rank: int,
    places: Sequence[int],
    result: Result,
    looks: Looks,
) -> list[str]:
    """Name, for each token, the word or words at one rank, and how much each is looked at."""
    groups = [found[rank] if rank < len(found) else None for found in ranks]
    names = flush(
        [
            looks.cell(DOWN if i < 0 else NOTHING) if group is None else named(group[1], result, looks)
            for i, group in zip(places, groups, strict=True)
        ],
        left=True,
    )
    weights = np.array([group[0] for group in groups if group]).reshape(-1, 1)
    texts_of = texts(weights, DECIMALS, scientific=False)
    numbers = aligned([next(texts_of) if group else "" for group in groups])
    return [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]


def named(group: Sequence[int], result: Result, looks: Looks) -> str:
    """Name the words that are looked at alike: two of them where there is room, and how many more."""
    tokens = result.problem.key_tokens
    if len(group) == len(tokens) > 1:
        return looks.terminal.fit(_("all"))
    first, *others = looks.names(tokens, group[:2])
    if not others:
        return first
    both = f"{first} & {others[0]}" + (f" +{len(group) - 2}" if len(group) > 2 else "")  # noqa: PLR2004
    return both if columns_of(both) <= looks.terminal.width // 3 else f"{first} +{len(group) - 1}"
