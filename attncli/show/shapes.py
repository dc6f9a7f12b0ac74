"""The tables of shapes and counts, beside the original paper's."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from attncli.language import _
from attncli.show.glossary import meaning
from attncli.show.listing import LINE, LINE_ASCII
from attncli.show.terminal import console_for
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.readings.shapes import Count, Shapes
    from attncli.show.terminal import Terminal


GAP = 2
LEAST_MEANING = 15  # "probabilities" is the longest word of a meaning


def notes(*, one_head: bool) -> Iterator[str]:
    """Yield what there is to know about the tables."""
    yield _("Paper: Vaswani et al. 2017, base model: d_model 512, 8 heads, d_k 64, d_v 64.")
    yield _("How many tokens there are is yours in both columns.")
    yield _("Parameters: a weight of a × b has a·b of them, a bias as many as columns.")
    yield _("Multiply-adds: a × b times b × c takes a·b·c of them.")
    yield _("The backward pass has two products of the same size for each of these.")
    yield _("A gradient has the shape of what it is the gradient of.")
    if one_head:
        yield _("This problem has one head, so that the paper's column shows one of its 8.")


class ShapeTables:
    """Writes the shapes for one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.console = console_for(terminal)

    def render(self, shapes: Shapes) -> Iterator[str]:
        """Yield everything as text, all numbers whole."""
        letters = ", ".join(starmap("{} = {}".format, shapes.letters.items()))
        yield self.text(Text(f"{sanitize(shapes.name)}: {letters}", "bold"))
        yield "\n" + self.text(self.sizes(shapes))
        for title, counts in (
            (_("parameters"), shapes.parameters),
            (_("multiply-adds"), shapes.multiply_adds),
        ):
            if counts:
                yield "\n" + self.text(self.counts(title, counts))
        yield "\n"
        for note in notes(one_head="h" not in shapes.letters):
            for line in Text(note, "dim").wrap(self.console, self.terminal.width):
                yield self.text(line)

    def text(self, part: Text | Table) -> str:
        """Turn a text or a table into characters."""
        with self.console.capture() as capture:
            self.console.print(part)
        lines = capture.get().split("\n")[:-1]
        return "".join(self.terminal.fit(line.rstrip(" ")) + "\n" for line in lines)

    def sizes(self, shapes: Shapes) -> Table:
        """Lay out the shapes; only the words of the meanings are wrapped."""
        heads = shapes.letters.get("h", 1)
        rows = [
            [
                size.symbol,
                meaning(size.symbol, heads),
                " × ".join(size.letters),
                " × ".join(map(str, size.shape)),
                " × ".join(map(str, size.paper)),
            ]
            for size in shapes.sizes
        ]
        return self.table(["", _("meaning"), _("shape"), _("yours"), _("paper")], rows, wrapped=1)

    def counts(self, title: str, counts: Sequence[Count]) -> Table:
        """Lay out counts and their total."""
        rows = [[count.symbol, count.formula, f"{count.count:,}", f"{count.paper:,}"] for count in counts]
        total = (sum(count.count for count in counts), sum(count.paper for count in counts))
        rows.append([_("total"), "", *(f"{number:,}" for number in total)])
        return self.table(["", title, _("yours"), _("paper")], rows, right=2)

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, wrapped: int = -1, right: int = 99
    ) -> Table:
        """Make a table as wide as its longest cells; ``wrapped`` takes what room they leave it."""
        fitted = [[self.terminal.fit(cell) for cell in row] for row in (header, *rows)]
        widths = [max(map(len, column)) for column in zip(*fitted, strict=True)]
        if wrapped >= 0:
            others = sum(widths) - widths[wrapped] + GAP * (len(widths) - 1)
            room = max(LEAST_MEANING, self.terminal.width - others)
            widths[wrapped] = min(widths[wrapped], room)
        box = LINE_ASCII if self.terminal.ascii_only else LINE
        table = Table(
            box=box, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="dim"
        )
        for i, (name, width) in enumerate(zip(fitted[0], widths, strict=True)):
            table.add_column(
                Text(name),
                width=width if i == wrapped else None,
                no_wrap=i != wrapped,
                justify="right" if i >= right else "left",
            )
        for row in fitted[1:]:
            table.add_row(*(Text(cell, "bold" if i == 0 else "") for i, cell in enumerate(row)))
        return table
