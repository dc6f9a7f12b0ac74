"""What an exported document shows of a result: each quantity of the page as grids of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.show.entry import Entry, entry_of
from attncli.show.page import attention_view, loss_line, lying_line, sizes
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.matrix import View


def entries(shown: Shown, display: Display | None = None) -> Iterator[Entry]:
    """Yield the quantities that are shown, in their order."""
    for symbol in shown.symbols:
        value = shown.result[symbol]
        yield entry_of(shown.result, symbol, value, display or shown.paper, head=shown.head)


def heading(shown: Shown) -> tuple[str, list[str]]:
    """Return the problem's name, and the lines about it."""
    result, fit = shown.result, shown.display.fit
    lines = [sizes(result)]
    if result.loss:
        lines.append(loss_line(result.loss, shown.display.decimals).plain)
    if result.problem.lying:
        lines.append(lying_line())
    return fit(sanitize(result.problem.name)), list(map(fit, lines))


def read_off(shown: Shown) -> View | None:
    """Return what each token attends to most; None where A is not shown."""
    if shown.quiet or "A" not in shown.symbols:
        return None
    return attention_view(shown.result, shown.paper, head=shown.head)
