"""NumPy's own format: one array a symbol."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from attncli.export.formats import Shown
    from attncli.files import Writer


def write(shown: Shown) -> Writer:
    """Return what writes every value that there is, heads first where it has them; nothing is pickled."""

    def into(stream: IO[bytes]) -> None:
        np.savez(stream, **dict(shown.result.values))  # type: ignore[arg-type] # symbols are no options of savez

    return into
