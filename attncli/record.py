"""A result as plain data: what ``--json`` prints, stable and versioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from attncli.ops.op import Array
    from attncli.result import Result

SCHEMA = 1
LARGEST_EXACT = 2.0**53


def record(result: Result) -> dict[str, Any]:
    """Return a forward or backward result, at full precision."""
    problem, loss = result.problem, result.loss
    rounding = result.rounding
    return {
        "schema": SCHEMA,
        "config": problem.name,
        "tokens": list(problem.tokens),
        "context_tokens": None if problem.context_tokens is None else list(problem.context_tokens),
        "heads": problem.form.heads,
        "d_model": problem.sizes.get("d_model"),
        "d_k": problem.sizes.get("d_k"),
        "d_v": problem.sizes.get("d_v"),
        "loss": loss
        and {"name": loss.name, "reduction": loss.reduction, "value": plain(np.asarray(loss.value))},
        "rows": [
            {
                "symbol": row.symbol,
                "pass": "backward" if row.backward else "forward",
                "formula": row.formula,
                "shape": list(result[row.symbol].shape),
            }
            for row in result.rows
        ],
        **({"rounding": {"decimals": rounding.decimals, "mode": rounding.mode}} if rounding else {}),
        "values": {symbol: plain(value) for symbol, value in result.values.items()},
    }


def plain(value: Array) -> Any:  # noqa: ANN401 - nested lists of any depth
    """Return an array as nested lists; whole matrices of whole numbers as integers.

    What JSON cannot hold becomes the string "-inf", "inf" or "nan".
    """
    if np.isfinite(value).all():
        whole = (np.abs(value) < LARGEST_EXACT).all() and (value == np.rint(value)).all()
        return value.astype(np.int64).tolist() if whole else (value + 0.0).tolist()
    return spelled((value + 0.0).tolist())


def spelled(nested: Any) -> Any:  # noqa: ANN401
    """Spell out the numbers that JSON does not have."""
    if isinstance(nested, list):
        return [spelled(item) for item in nested]
    return nested if np.isfinite(nested) else str(nested)
