"""NumPy's own format: one array a symbol."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from attncli.show.export.shown import Shown


def write(shown: Shown) -> bytes:
    """Write every value that there is, heads first where it has them; nothing in it is pickled."""
    file = BytesIO()
    np.savez(file, **dict(shown.result.values))  # type: ignore[arg-type] # symbols are no options of savez
    return file.getvalue()
