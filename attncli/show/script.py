"""JSON for scripts."""

from __future__ import annotations

import json
from typing import Any


def json_text(record: Any, *, ascii_only: bool) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a record as one line; what is not printable stands there as an escape, as JSON has it."""
    text = json.dumps(record, ensure_ascii=ascii_only, allow_nan=False)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    return text + "\n"
