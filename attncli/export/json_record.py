"""JSON: the record of a result, or of explanations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from attncli.export.data import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.explain import Explained


def write(shown: Shown) -> Iterator[str]:
    """Write the record of a result on one line."""
    yield json_text(shown.result.to_dict(), ascii_only=shown.display.ascii_only)


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write one record, or a list of them where several cells are asked for."""
    records = [
        one.explanation.to_dict(sys.maxsize if one.depth is None else one.depth, one.working.substituted)
        for one in explained
    ]
    yield json_text(records[0] if len(records) == 1 else records, ascii_only=display.ascii_only)
