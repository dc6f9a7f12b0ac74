"""The screens of ``forward`` and ``backward``: each quantity of the page as a table under its formula."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table

from attncli.language import _, plural
from attncli.show.entry import entry_of, symbol_style
from attncli.show.matrix import (
    DOWN,
    LARGEST,
    SAME,
    View,
    flush,
    matrix_tables,
    names,
    places,
    view_width,
)
from attncli.show.numbers import aligned, alone, texts
from attncli.show.terminal import GAP, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from attncli.ops.op import Array
    from attncli.result import Loss, Result
    from attncli.show.display import Display

NOTHING = "–"
DECIMALS = 2  # of the weights in the summary of A
RANKS = 2  # looked at most, and then


class Panel(NamedTuple):
    """Part of a screen that may stand beside others: its title, what is below it, and how large that is.

    ``details`` stand behind the title, or below it where there is no room for that.
    """

    title: Words
    details: str
    parts: tuple[RenderableType, ...] = ()
    width: int = 0
    height: int = 0

    @property
    def least(self) -> int:
        """How wide it is with the details below the title."""
        return max(self.width, cell_len(self.title.plain), cell_len(self.details))

    @property
    def most(self) -> int:
        """How wide its title is with the details behind it."""
        return cell_len(self.title.plain) + (GAP + cell_len(self.details) if self.details else 0)

    def all_parts(self, *, below: bool) -> list[RenderableType]:
        """Return what it is put together from."""
        if not self.details:
            return [self.title, *self.parts]
        if below:
            return [self.title, Words(self.details, "dim"), *self.parts]
        return [self.title.copy().append(" " * GAP).append(self.details, "dim"), *self.parts]


def page(
    result: Result, symbols: Sequence[str], display: Display, *, head: int | None = None, quiet: bool = False
) -> Iterator[RenderableType]:
    """Yield the quantities, as many beside each other as there is room for, and what A tells."""
    if not quiet:
        yield from heading(result, display.decimals)
        yield ""
    panels = [panel(result, symbol, display, head, explained=quiet) for symbol in symbols]
    if not quiet and "A" in symbols:
        panels.append(attention_panel(result, display, head))
    if not quiet and result.loss and "L" in symbols[:-1]:  # by now it has scrolled away
        panels.append(Panel(loss_line(result.loss, display.decimals), ""))
    yield from side_by_side(panels, display.width)


def lines(panels: Iterable[Panel], width: int) -> Iterator[list[Panel]]:
    """Put as many panels on a line as fit; those that are equally high stay together where they can."""
    line: list[Panel] = []
    for height, found in groupby(panels, lambda one: one.height):
        group = list(found)
        whole = needed(group) <= width
        if line and (not whole or not height or not line[0].height or needed([*line, *group]) > width):
            yield line
            line = []
        for one in group:
            if line and (not height or needed([*line, one]) > width):
                yield line
                line = []
            line.append(one)
    if line:
        yield line


def needed(panels: Sequence[Panel]) -> int:
    """How wide a line of panels is."""
    return sum(one.least + GAP for one in panels) - GAP


def side_by_side(panels: Iterable[Panel], width: int) -> Iterator[RenderableType]:
    """Lay out panels, as many beside each other as there is room for, an empty line between the lines."""
    for i, line in enumerate(lines(panels, width)):
        yield from [""] if i else []
        yield from line_of(line, width)


def line_of(panels: Sequence[Panel], width: int) -> Iterator[RenderableType]:
    """Lay out one line of panels; where a title with its details is too wide, the details stand below it."""
    if len(panels) == 1:
        yield from panels[0].all_parts(below=panels[0].most > width)
        return
    below = any(one.most > one.width for one in panels)
    grid = Table.grid()
    for one in panels:
        grid.add_column(width=one.least + GAP)
    grid.add_row(*(Group(*one.all_parts(below=below)) for one in panels))
    yield grid


def panel(
    result: Result, symbol: str, display: Display, head: int | None = None, *, explained: bool
) -> Panel:
    """Return one quantity: formula, size and meaning, numbers, the signs among them ``explained`` or not."""
    entry = entry_of(result, symbol, result.shown(symbol), display, head=head)
    title = Words(display.fit(entry.symbol), symbol_style(entry.symbol))
    title.add(entry.formula.removeprefix(title.plain), "bold")
    details = (" " * GAP).join(entry.about)
    if not entry.views:
        return Panel(title, details)
    first, heads = entry.views[0], head_panels(entry.titles, entry.views, display)
    if entry.titles[0]:
        parts = [*side_by_side(heads, display.width)]
        width = max(map(needed, lines(heads, display.width)))
    else:
        parts, width = [*heads[0].parts], heads[0].width
    if explained and entry.marked:
        parts.append(legend(result))
    if first.hidden:
        parts.append(Words(first.hidden, "dim"))
    return Panel(title, details, tuple(parts), width, len(first.rows))


def legend(result: Result) -> Words:
    """Say what the sign in A means."""
    return Words(f"{LARGEST} {result.words(_('the largest of its row'))}", "dim")


def head_panels(titles: Iterable[str], views: Iterable[View], display: Display) -> list[Panel]:
    """Return the numbers of each head under its title."""
    return [view_panel(title, view, display) for title, view in zip(titles, views, strict=True)]


def view_panel(title: str, view: View, display: Display) -> Panel:
    """Return one grid under its title."""
    parts = tuple(matrix_tables(view, display))
    return Panel(Words(display.fit(title), "bold"), "", parts, view_width(view), len(view.rows))


def heading(result: Result, decimals: int) -> Iterator[Words]:
    """Say which problem this is, how large, what the loss came to, and that weights are turned if so."""
    yield Words(f"{result.problem.name}: {sizes(result)}")
    if result.loss:
        yield loss_line(result.loss, decimals)
    if result.problem.lying:
        yield Words(lying_line(), "dim")
    if result.problem.out_in:
        yield Words(_("weights: out-in, so they and their gradients are shown transposed: Q = X·Wq"), "dim")


def lying_line() -> str:
    """Say that matrices lie."""
    return _("layout: columns, so every symbol stands for its transpose: a token is a column, Q = Wq·X")


def sizes(result: Result) -> str:
    """Tell how many tokens and heads there are, and how wide the vectors are."""
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
    return ", ".join(parts)


def loss_line(loss: Loss, decimals: int) -> Words:
    """Say what the loss came to, and how it was taken."""
    line = Words("L", symbol_style("L")).add(f" = {alone(loss.value, decimals)}", "bold")
    return line.add(f"   {loss.name}, {loss.reduction}", "dim")


def attention_panel(result: Result, display: Display, head: int | None) -> Panel:
    """Return what there is to see in the attention weights."""
    view = attention_view(result, display, head=head)
    return view_panel(f"{LARGEST} {_('what each token attends to most')}", view, display)


def attention_view(result: Result, display: Display, *, head: int | None) -> View:
    """Return a table of words: the one looked at most, and for a single head the next one too."""
    upright = result.turn(result["A"])
    n, m = upright.shape[-2:]
    weights = upright.reshape(-1, n, m)
    heads = range(len(weights)) if head is None else [head - 1]
    shown = places(n, display)
    titles, columns = [], []
    for h in heads:
        ranks = [ranked(weights[h, i]) if i >= 0 else [] for i in shown]
        for rank in range(RANKS if len(heads) == 1 else 1):
            title = (_("most"), _("next"))[rank] if len(heads) == 1 else _("head {number}", number=h + 1)
            words = looked_at(ranks, rank, shown, result, display)
            column = flush([display.fit(title), *words], left=True)
            titles.append(column[0])
            columns.append(column[1:])
    return View(
        rows=flush(names(result.problem.tokens, shown, display), left=True),
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


def looked_at(
    ranks: Sequence[list[tuple[float, list[int]]]],
    rank: int,
    shown: Sequence[int],
    result: Result,
    display: Display,
) -> list[str]:
    """Name, for each token, the word or words at one rank, and how much each is looked at."""
    groups = [found[rank] if rank < len(found) else None for found in ranks]
    words = flush(
        [
            display.fit(DOWN if i < 0 else NOTHING) if group is None else words_of(group[1], result, display)
            for i, group in zip(shown, groups, strict=True)
        ],
        left=True,
    )
    weights = np.array([group[0] for group in groups if group]).reshape(-1, 1)
    written = texts(weights, DECIMALS, scientific=False)
    numbers = aligned([next(written) if group else "" for group in groups])
    return [f"{word} {number}" for word, number in zip(words, numbers, strict=True)]


def words_of(group: Sequence[int], result: Result, display: Display) -> str:
    """Name the words that are looked at alike: two of them where there is room, and how many more."""
    tokens = result.problem.key_tokens
    if len(group) == len(tokens) > 1:
        return display.fit(_("all"))
    first, *others = names(tokens, group[:2], display)
    if not others:
        return first
    both = f"{first} & {others[0]}" + (f" +{len(group) - 2}" if len(group) > 2 else "")  # noqa: PLR2004
    return both if cell_len(both) <= display.width // 3 else f"{first} +{len(group) - 1}"
