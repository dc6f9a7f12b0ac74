"""The screen of ``shapes``: every shape and what it costs, beside the original paper's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import TYPE_CHECKING

from rich.console import RenderableType

from attncli.language import _
from attncli.page.lying import worded
from attncli.show.glossary import caption
from attncli.show.listing import Line, Listing
from attncli.show.terminal import Words

if TYPE_CHECKING:
    from attncli.readings.shapes import Count, Shapes


def screen(shapes: Shapes) -> Iterator[RenderableType]:
    """Yield the tables of shapes, parameters and multiply-adds, all numbers whole."""
    letters = ", ".join(starmap("{} = {}".format, shapes.letters.items()))
    yield Words(f"{shapes.name}: {letters}", "bold")
    yield ""
    yield sizes(shapes)
    for title, found in ((_("parameters"), shapes.parameters), (_("multiply-adds"), shapes.multiply_adds)):
        if found:
            yield ""
            yield counts(title, found)
    yield ""
    for note in notes(one_head="h" not in shapes.letters, lying=shapes.problem.lying):
        yield Words(note, "dim")


def sizes(shapes: Shapes) -> Listing:
    """Lay out the shapes; only the words of the meanings are wrapped."""
    lines = [
        Line(
            (
                size.symbol,
                shapes.problem.words(caption(size.symbol, shapes.page, shapes.problem)),
                " × ".join(size.letters),
                " × ".join(map(str, size.shape)),
                " × ".join(map(str, size.paper)),
            )
        )
        for size in shapes.sizes
    ]
    return Listing(("", _("meaning"), _("shape"), _("yours"), _("paper")), lines, wrapped=(1,))


def counts(title: str, found: Sequence[Count]) -> Listing:
    """Lay out counts and their total."""
    lines = [Line((count.symbol, count.formula, f"{count.count:,}", f"{count.paper:,}")) for count in found]
    total = (sum(count.count for count in found), sum(count.paper for count in found))
    lines.append(Line((_("total"), "", *(f"{number:,}" for number in total))))
    return Listing(("", title, _("yours"), _("paper")), lines, right=(2, 3))


def notes(*, one_head: bool, lying: bool) -> Iterator[str]:
    """Yield what there is to know about the tables."""
    yield _("Paper: Vaswani et al. 2017, base model: d_model 512, 8 heads, d_k 64, d_v 64.")
    yield _("Both columns use your number of tokens.")
    yield worded(_("Parameters: a weight of a × b has a·b of them, a bias as many as columns."), lying=lying)
    yield _("Multiply-adds: a × b times b × c takes a·b·c of them.")
    yield _("The backward pass has two products of the same size for each of these.")
    yield _("A gradient has the shape of what it is the gradient of.")
    if one_head:
        yield _("This problem has one head, so the paper's column shows one of its 8 heads.")
